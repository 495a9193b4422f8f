import type { Environment } from './environment.ts';
import type { Json, JsonObject } from './json.ts';
import type { ItemControlPlan, NetPlan, StartPlan } from './net-plan.ts';
import type { RetryRule } from './retry.ts';
import type { SearchPlan } from './search.ts';

/**
 * A definition, checked and compiled. Query languages end here: whatever a definition says in JSONPath or JSONata
 * stands in the plan as a function of an {@link Environment}. Such a function is pure and throws nothing but
 * `StateError` (see errors.ts), which the core turns into a failure of the state.
 */
export interface Plan {
  /** Every scope of the definition, in document order; `scopes[0]` is the top level. State refers to scopes by index. */
  readonly scopes: readonly ScopePlan[];
  /** `TimeoutSeconds` beside `StartAt`. */
  readonly timeoutSeconds?: number;
  /** Names of the events that some state waits for; true: some of them keeps them. */
  readonly events?: ReadonlyMap<string, boolean>;
  /** `InputSchema` beside `StartAt`: what executions are started with fits to this JSON Schema. */
  readonly inputSchema?: Json;
  /** `Search` beside `StartAt`: what its executions are found by. */
  readonly search?: SearchPlan;
}

/** One set of `States`: the top level, a branch of a `Parallel`, or the processor of a `Map`. */
export interface ScopePlan {
  readonly index: number;
  readonly startAt: string;
  /** In document order. */
  readonly states: ReadonlyMap<string, StatePlan>;
  /** Absent: plain Amazon States Language, in which a scope has one token. */
  readonly net?: NetPlan;
  /** Pass and Choice states of a plain scope that lead to one state each: those in a row may be passed in one go. */
  readonly fused?: ReadonlySet<string>;
}

export type StatePlan =
  | PassPlan
  | TaskPlan
  | ChoicePlan
  | WaitPlan
  | SucceedPlan
  | FailPlan
  | ParallelPlan
  | MapPlan
  | PlacePlan;

export type StateType = StatePlan['type'];

export type Evaluate<T> = (env: Environment) => T;

/** What a state leaves behind when it completes: the value of its tokens, and the variables it sets in its scope. */
export interface StateResult {
  readonly output: Json;
  readonly assign?: JsonObject;
}

/** Where tokens go: one to each name, in order, a name listed n times gets n; empty means that the token ends here. */
export type Targets = readonly string[];

interface Named {
  readonly name: string;
  readonly queryLanguage: QueryLanguage;
  /** Absent: each token starts the state on its own, at once. Only in a scope that is a net, like the two below. */
  readonly start?: StartPlan;
  /** Name of the resource pool that it needs a permit of while it works. */
  readonly pool?: string;
  /** States of the scope in which everything is withdrawn when this one completes. */
  readonly cancels?: readonly string[];
  /** Maps of the scope that are completed when this one completes. */
  readonly completes?: readonly string[];
}

export type QueryLanguage = 'JSONPath' | 'JSONata';

export interface PassPlan extends Named {
  readonly type: 'Pass';
  readonly produce: Evaluate<StateResult>;
  readonly next: Targets;
}

export interface SucceedPlan extends Named {
  readonly type: 'Succeed';
  readonly produce: Evaluate<StateResult>;
}

export interface FailPlan extends Named {
  readonly type: 'Fail';
  readonly failure: Evaluate<Failure>;
}

export interface WaitPlan extends Named {
  readonly type: 'Wait';
  /** The moment the wait is over, ms since the epoch; `env.now` is the moment of entering. */
  readonly until: Evaluate<number>;
  readonly produce: Evaluate<StateResult>;
  readonly next: Targets;
}

export interface ChoicePlan extends Named {
  readonly type: 'Choice';
  /** The first rule that matches, or `Default`. Throws `States.NoChoiceMatched`. */
  readonly choose: Evaluate<StateResult & { readonly next: Targets }>;
  /** What `choose` may give as `next`: one for each rule and `Default`; with `Select: All` any union of them. */
  readonly ways: readonly Targets[];
  readonly selectsAll?: true;
}

/** Tokens rest in it until one of the states in `next` starts with them; it starts none itself. */
export interface PlacePlan extends Named {
  readonly type: 'Place';
  readonly next: Targets;
}

/** The fields that Task, Parallel and Map share: how they fail over, and what they make of their result. */
interface Recoverable extends Named {
  readonly retry: readonly Retrier[];
  readonly catch: readonly Catcher[];
  /** `env.result` is the raw result. */
  readonly complete: Evaluate<StateResult>;
  readonly next: Targets;
}

export interface TaskPlan extends Recoverable {
  readonly type: 'Task';
  readonly resource: TaskResource;
  /** What the task is called with: after `InputPath` and `Parameters`, or `Arguments`. */
  readonly arguments: Evaluate<Json>;
  /** Seconds, 1 … 99,999,999; `undefined` means no limit. */
  readonly timeoutSeconds: Evaluate<number | undefined>;
  readonly heartbeatSeconds: Evaluate<number | undefined>;
  /** `Credentials.RoleArn`, if the state assumes a role of its own. */
  readonly roleArn: Evaluate<string | undefined>;
  /** The author promised that running it again after a crash is harmless (D4). */
  readonly idempotent: boolean;
}

export interface ParallelPlan extends Recoverable {
  readonly type: 'Parallel';
  readonly arguments: Evaluate<Json>;
  /** Indices into `Plan.scopes`, in document order. */
  readonly branches: readonly number[];
}

export interface MapPlan extends Recoverable {
  readonly type: 'Map';
  readonly items: Evaluate<readonly Json[]>;
  /** The input of one item; `env.item` and `env.context.Map.Item` have its index and value, and its key in an object. */
  readonly itemInput: Evaluate<Json>;
  /** 0 means no limit. */
  readonly maxConcurrency: Evaluate<number>;
  readonly toleratedFailures: Evaluate<ToleratedFailures>;
  /** Index into `Plan.scopes`. */
  readonly processor: number;
  /** Absent: it completes with all its items. */
  readonly control?: ItemControlPlan;
  /** Present: every item, or batch of items, is an execution of its own, and they belong to a map run. */
  readonly distributed?: MapRunPlan;
}

/** What only a distributed Map has. */
export interface MapRunPlan {
  readonly executionType: 'STANDARD' | 'EXPRESS';
  /** `Label`: names the runs; absent: the state's name does. */
  readonly label?: string;
  /** Where the items are read from; absent: `items` has them. */
  readonly source?: Evaluate<ItemSource>;
  /** In the place of `MapPlan.items`, which is for inline Maps: a distributed one may also go through an object. */
  readonly items: Evaluate<ItemSet>;
  /** Absent: each item is a child of its own. */
  readonly batches?: Evaluate<BatchRule>;
  /** Where the results go to, and in which form; absent: the raw result of the Map is the array of outputs. */
  readonly target?: Evaluate<ResultTarget>;
}

/** What a distributed Map goes through: an array, or an object, whose entries are the items, in order. */
export type ItemSet = readonly Json[] | JsonObject;

/** `ItemReader`, evaluated. Plain JSON: it stands in the log. */
export interface ItemSource {
  /** As in `arn:aws:states:::s3:getObject`. */
  readonly resource: string;
  /** `Bucket`, `Key`, `Prefix`, … as the action takes them. */
  readonly arguments: JsonObject;
  /** Absent for `s3:listObjectsV2`. */
  readonly inputType?: 'JSON' | 'JSONL' | 'CSV' | 'MANIFEST' | 'PARQUET';
  readonly csv?: CsvDialect;
  readonly manifestType?: 'S3_INVENTORY' | 'ATHENA_DATA';
  /** JSON Pointer (RFC 6901) of the array within a JSON file. */
  readonly itemsPointer?: string;
  /** Of listed objects: their metadata are the items, or what is in them. */
  readonly transformation?: 'NONE' | 'LOAD_AND_FLATTEN';
  /** Absent or 0: all. Below 0 reading fails, as on Step Functions, after the map run has started. */
  readonly maxItems?: number;
}

export interface CsvDialect {
  /** Absent: the first row has the names. */
  readonly headers?: readonly string[];
  /** One character. */
  readonly delimiter: string;
}

/** `ItemBatcher`, evaluated: a batch is closed before it would exceed either limit, and has one item at least. */
export interface BatchRule {
  readonly maxItems?: number;
  /** Of the batch's input as JSON text, UTF-8. */
  readonly maxBytes?: number;
  readonly batchInput?: Json;
}

/** `ResultWriter`, evaluated. Plain JSON: it stands in the log. */
export interface ResultTarget {
  /** As in `arn:aws:states:::s3:putObject`; absent: the results go on in the workflow, in the form asked for. */
  readonly resource?: string;
  /** `Bucket`, `Prefix`, …; empty without `resource`. */
  readonly arguments: JsonObject;
  readonly transformation: 'NONE' | 'COMPACT' | 'FLATTEN';
  readonly outputType: 'JSON' | 'JSONL';
}

/** How many items of a `Map` may fail before it fails itself; 0 and 0: none. */
export interface ToleratedFailures {
  readonly count: number;
  /** Percent of all items, 0 … 100. */
  readonly percentage: number;
}

/** The error a state fails with. Both may be absent, as in a `Fail` state that names neither. */
export interface Failure {
  readonly error?: string;
  readonly cause?: string;
}

export interface Retrier extends RetryRule {
  readonly errorEquals: readonly string[];
}

export interface Catcher {
  readonly errorEquals: readonly string[];
  readonly next: Targets;
  /** `env.errorOutput` is `{ Error, Cause }`. */
  readonly produce: Evaluate<StateResult>;
}

/** How a service integration ends: with its response, with the end of the job it started, or with a callback. */
export type IntegrationPattern = 'requestResponse' | 'sync' | 'sync:2' | 'waitForTaskToken';

export type TaskResource =
  | {
      readonly kind: 'lambda';
      readonly arn: string;
      readonly functionName: string;
    }
  | { readonly kind: 'activity'; readonly arn: string }
  /** Work for a person or a system outside, called with `WorkItemArguments`. */
  | { readonly kind: 'workItem'; readonly arn: string }
  | {
      readonly kind: 'service';
      readonly arn: string;
      /** The part behind `arn:aws:states:::`, as in `lambda` of `lambda:invoke`, `aws-sdk:s3` of `aws-sdk:s3:getObject`. */
      readonly service: string;
      readonly action: string;
      readonly pattern: IntegrationPattern;
    };
