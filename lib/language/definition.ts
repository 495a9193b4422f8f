import type { Json, JsonObject } from '../model/json.ts';
import type { ItemSource, QueryLanguage, ResultTarget } from '../model/plan.ts';

/**
 * A definition as its author wrote it, once the checker has found nothing wrong with it. The fields are those of the
 * Amazon States Language, and mean the same.
 */
export interface Definition extends ScopeDefinition {
  readonly QueryLanguage?: QueryLanguage;
  readonly TimeoutSeconds?: number;
  /** All tasks of the definition may run again after a crash. */
  readonly Idempotent?: boolean;
  /** JSON Schema (2020-12) of the input of its executions. */
  readonly InputSchema?: JsonObject | boolean;
  /** What its executions are found by. */
  readonly Search?: SearchDefinition;
}

/** Reference paths into the input, and texts that stand for themselves. */
export interface SearchDefinition {
  readonly BusinessKey?: string;
  readonly Tags?: string | readonly string[];
  readonly Attributes?: Readonly<Record<string, string>>;
}

export interface ScopeDefinition {
  readonly StartAt: string;
  readonly States: Readonly<Record<string, StateDefinition>>;
  /** By the mutex's name its groups: states, or lists of states. */
  readonly Mutex?: Readonly<Record<string, readonly (string | readonly string[])[]>>;
}

export type StateDefinition =
  | PassDefinition
  | TaskDefinition
  | ChoiceDefinition
  | WaitDefinition
  | SucceedDefinition
  | FailDefinition
  | ParallelDefinition
  | MapDefinition
  | PlaceDefinition;

/** A number, or a JSONata expression that gives one. */
export type NumberField = number | string;

/** The name of a state, or several: a token goes to each. */
export type TargetField = string | readonly string[];

interface Common {
  readonly QueryLanguage?: QueryLanguage;
}

/** How a state starts, and what it does to others when it completes. */
export interface Coordinated extends Common {
  readonly Join?: JoinDefinition;
  readonly Trigger?: { readonly Event: string; readonly Persistent?: boolean };
  readonly Milestone?: string;
  readonly Pool?: string;
  readonly Cancels?: readonly string[];
  readonly Completes?: readonly string[];
}

export type JoinDefinition = 'any' | 'all' | 'active' | CountJoinDefinition | ThreadsJoinDefinition;

interface CountJoinDefinition {
  readonly Count: NumberField;
  readonly Rest: 'absorb' | 'cancel';
  readonly Cancels?: readonly string[];
}

interface ThreadsJoinDefinition {
  readonly Threads: NumberField;
}

/** What every state but Fail may do with its input and its output. */
export interface Flow extends Coordinated {
  readonly InputPath?: string | null;
  readonly OutputPath?: string | null;
  readonly Output?: Json;
  readonly Assign?: JsonObject;
}

export interface Transition {
  readonly Next?: TargetField;
  readonly End?: boolean;
}

/** What Task, Parallel and Map have in common. */
export interface Working extends Flow, Transition {
  readonly Parameters?: Json;
  readonly Arguments?: Json;
  readonly ResultSelector?: JsonObject;
  readonly ResultPath?: string | null;
  readonly Retry?: readonly RetrierDefinition[];
  readonly Catch?: readonly CatcherDefinition[];
}

export interface PassDefinition extends Flow, Transition {
  readonly Type: 'Pass';
  readonly Result?: Json;
  readonly Parameters?: Json;
  readonly ResultPath?: string | null;
}

export interface TaskDefinition extends Working {
  readonly Type: 'Task';
  readonly Resource: string;
  readonly TimeoutSeconds?: NumberField;
  readonly TimeoutSecondsPath?: string;
  readonly HeartbeatSeconds?: NumberField;
  readonly HeartbeatSecondsPath?: string;
  readonly Credentials?: JsonObject;
  readonly Idempotent?: boolean;
}

export interface ChoiceDefinition extends Flow {
  readonly Type: 'Choice';
  readonly Choices: readonly ChoiceRuleDefinition[];
  readonly Default?: TargetField;
  /** Every rule that matches counts, not only the first. */
  readonly Select?: 'All';
}

/** In JSONPath the rest of the rule is its comparison. */
export interface ChoiceRuleDefinition extends JsonObject {
  readonly Next: TargetField;
}

export interface WaitDefinition extends Flow, Transition {
  readonly Type: 'Wait';
  readonly Seconds?: NumberField;
  readonly SecondsPath?: string;
  readonly Timestamp?: string;
  readonly TimestampPath?: string;
}

export interface SucceedDefinition extends Flow {
  readonly Type: 'Succeed';
}

export interface FailDefinition extends Coordinated {
  readonly Type: 'Fail';
  readonly Error?: string;
  readonly ErrorPath?: string;
  readonly Cause?: string;
  readonly CausePath?: string;
}

export interface ParallelDefinition extends Working {
  readonly Type: 'Parallel';
  readonly Branches: readonly ScopeDefinition[];
}

export interface MapDefinition extends Working {
  readonly Type: 'Map';
  readonly ItemProcessor?: ProcessorDefinition;
  /** The older name of `ItemProcessor`. */
  readonly Iterator?: ProcessorDefinition;
  readonly Items?: Json;
  readonly ItemsPath?: string;
  readonly ItemSelector?: JsonObject;
  readonly ItemReader?: ItemReaderDefinition;
  readonly ItemBatcher?: ItemBatcherDefinition;
  readonly ResultWriter?: ResultWriterDefinition;
  readonly MaxConcurrency?: NumberField;
  readonly MaxConcurrencyPath?: string;
  readonly ToleratedFailureCount?: NumberField;
  readonly ToleratedFailureCountPath?: string;
  readonly ToleratedFailurePercentage?: NumberField;
  readonly ToleratedFailurePercentagePath?: string;
  readonly Label?: string;
  readonly Completion?: CompletionDefinition;
  readonly Rest?: 'keep' | 'cancel';
  readonly Dynamic?: boolean;
  readonly Synchronize?: boolean;
}

export interface CompletionDefinition {
  readonly Count?: NumberField;
  readonly Condition?: string;
}

interface PlaceDefinition extends Common {
  readonly Type: 'Place';
  readonly Next: TargetField;
}

export interface ProcessorDefinition extends ScopeDefinition {
  readonly ProcessorConfig?: {
    readonly Mode?: 'INLINE' | 'DISTRIBUTED';
    readonly ExecutionType?: 'STANDARD' | 'EXPRESS';
  };
}

export interface ItemReaderDefinition {
  readonly Resource: string;
  readonly Parameters?: JsonObject;
  readonly Arguments?: Json;
  readonly ReaderConfig?: ReaderConfigDefinition;
}

/** In JSONata, texts other than the enumerations may be expressions. */
export interface ReaderConfigDefinition {
  readonly InputType?: ItemSource['inputType'];
  readonly Transformation?: ItemSource['transformation'];
  readonly ManifestType?: ItemSource['manifestType'];
  readonly CSVDelimiter?: CsvDelimiter;
  readonly CSVHeaderLocation?: 'FIRST_ROW' | 'GIVEN';
  readonly CSVHeaders?: Json;
  readonly ItemsPointer?: string;
  readonly MaxItems?: NumberField;
  readonly MaxItemsPath?: string;
}

export type CsvDelimiter = 'COMMA' | 'PIPE' | 'SEMICOLON' | 'SPACE' | 'TAB';

export interface ItemBatcherDefinition {
  readonly BatchInput?: Json;
  readonly MaxItemsPerBatch?: NumberField;
  readonly MaxItemsPerBatchPath?: string;
  readonly MaxInputBytesPerBatch?: NumberField;
  readonly MaxInputBytesPerBatchPath?: string;
}

export interface ResultWriterDefinition {
  readonly Resource?: string;
  readonly Parameters?: JsonObject;
  readonly Arguments?: Json;
  readonly WriterConfig?: {
    readonly Transformation?: ResultTarget['transformation'];
    readonly OutputType?: ResultTarget['outputType'];
  };
}

export interface RetrierDefinition {
  readonly ErrorEquals: readonly string[];
  readonly IntervalSeconds?: number;
  readonly MaxAttempts?: number;
  readonly BackoffRate?: number;
  readonly MaxDelaySeconds?: number;
  readonly JitterStrategy?: 'FULL' | 'NONE';
}

export interface CatcherDefinition {
  readonly ErrorEquals: readonly string[];
  readonly Next: TargetField;
  readonly ResultPath?: string | null;
  readonly Output?: Json;
  readonly Assign?: JsonObject;
}

/** The query language of a state: its own, otherwise the definition's. */
export function languageOf(state: Common, inherited: QueryLanguage): QueryLanguage {
  return state.QueryLanguage ?? inherited;
}

const EXPRESSION_START = '{%';
const EXPRESSION_END = '%}';

/** The JSONata source of a string that stands as `{% … %}`; `undefined` for any other text. */
export function expressionIn(text: string): string | undefined {
  if (!text.startsWith(EXPRESSION_START) || !text.endsWith(EXPRESSION_END)) return undefined;
  if (text.length < EXPRESSION_START.length + EXPRESSION_END.length) return undefined;
  return text.slice(EXPRESSION_START.length, -EXPRESSION_END.length).trim();
}
