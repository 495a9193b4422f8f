import type { Json } from '../model/json.ts';
import type { Failure, ItemSet, ItemSource, ResultTarget } from '../model/plan.ts';

/** Where map runs read their items and write their results. Never rejects for what is wrong with a file or its place. */
export interface ItemStorage {
  /** All items, in order. Rejects only with the reason of `signal`. */
  readItems(source: ItemSource, signal: AbortSignal): Promise<ItemsOutcome>;
  /** Writes the results of a map run; again with the same `folder`, it writes the same objects. */
  writeResults(target: ResultTarget, results: MapRunResults): Promise<WrittenOutcome>;
}

export type ItemsOutcome =
  | { readonly kind: 'read'; readonly items: ItemSet; readonly origins: readonly ItemOrigin[] }
  /** `States.ItemReaderFailed` and why. */
  | ({ readonly kind: 'failed' } & Required<Failure>);

/** Where the next `count` items come from: `Map.Item.Source` of the context object, as in `S3://bucket/key`. */
export interface ItemOrigin {
  readonly uri: string;
  readonly count: number;
}

export type WrittenOutcome =
  /** The raw result of the Map: `MapRunArn` and `ResultWriterDetails`, or the results themselves if the target has no resource. */
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
  /** Children that were never started, because the run failed or was aborted. */
  readonly pending?: readonly PendingChild[];
}

export type PendingChild = Pick<ChildResult, 'execution' | 'workflow' | 'name' | 'input'>;

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
