import type { ExecutionRow } from './execution-index.ts';

/** What something new in the stores means to those who follow them. */
export type StreamedChange =
  | { readonly kind: 'row'; readonly row: ExecutionRow }
  /** A fact came for the execution. */
  | { readonly kind: 'fact'; readonly execution: string };
