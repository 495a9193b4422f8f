import type { ActivationId } from './state.ts';

/**
 * An attempt of a state, or the whole execution (0), needs permits of these pools and waits until it has them all. It
 * gives them up when the attempt ends, however that is.
 */
export interface PermitsRequested {
  readonly type: 'PermitsRequested';
  readonly id: ActivationId;
  readonly attempt: number;
  /** In ascending order. */
  readonly pools: readonly string[];
  readonly ticket: string;
}

/** It has them, and goes on. */
export interface PermitsGranted {
  readonly type: 'PermitsGranted';
  readonly id: ActivationId;
}
