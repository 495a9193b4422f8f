import type { Json } from '../model/json.ts';
import type { Failure, ItemSource, ResultTarget } from '../model/plan.ts';

/** Where map runs read their items and write their results. Never rejects for what is wrong with a file or its place. */
export interface ItemStorage {
  /** All items, in order. */
  readItems(source: ItemSource, signal: AbortSignal): Promise<ItemsOutcome>;
  /** Writes the results of a map run; again with the same `folder`, it writes the same objects. */
  writeResults(target: ResultTarget, results: MapRunResults): Promise<WrittenOutcome>;
}

export type ItemsOutcome =
  | { readonly kind: 'read'; readonly items: readonly Json[] }
  /** `States.ItemReaderFailed` and why. */
  | ({ readonly kind: 'failed' } & Required<Failure>);

export type WrittenOutcome =
  /** The raw result of the Map: `MapRunArn` and `ResultWriterDetails`. */
  | { readonly kind: 'written'; readonly output: Json }
  /** `States.ResultWriterFailed` and why. */
  | ({ readonly kind: 'failed' } & Required<Failure>);

export interface MapRunResults {
  /** ARN. */
  readonly mapRun: string;
  /** Unique to the run: part of the keys of what is written. */
  readonly folder: string;
  /** In the order of the items. */
  readonly children: readonly ChildResult[];
}

/** A closed child of a map run. */
export interface ChildResult {
  /** ARNs. */
  readonly execution: string;
  readonly workflow: string;
  readonly name: string;
  readonly status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT' | 'ABORTED';
  readonly input: Json;
  readonly output?: Json;
  readonly failure?: Failure;
  /** ms since the epoch. */
  readonly startedAt: number;
  readonly closedAt: number;
  readonly redriveCount: number;
}
