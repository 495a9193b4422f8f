import type { Finding } from '../../language/index.ts';
import type { Json, JsonObject } from '../../model/json.ts';

/** One state to be tried: its definition, and what it is to find around it. */
export interface StateTestRequest {
  /** A single state, or with `stateName` a whole definition. */
  readonly definition: string;
  readonly stateName?: string;
  readonly input: JsonText;
  readonly roleArn?: string;
  readonly variables: JsonObject;
  readonly mock?: Mock;
  /** In the place of the context object that an execution would have. */
  readonly context?: JsonObject;
  readonly configuration: StateConfiguration;
  readonly revealSecrets: boolean;
}

/** A JSON value with the text that it was given as: what passes a state unchanged is shown as it was written. */
export interface JsonText {
  readonly value: Json;
  readonly text: string;
}

/** What is to be taken for the answer of a Task, or for what became of the branches or items of a Parallel or Map. */
export type Mock =
  | { readonly kind: 'result'; readonly result: JsonText; readonly validation: FieldValidation }
  | { readonly kind: 'error'; readonly error?: string; readonly cause?: string };

/** `STRICT`: as the service's model has it, with all required fields. `PRESENT`: what is there must fit. */
export type FieldValidation = 'STRICT' | 'PRESENT' | 'NONE';

export interface StateConfiguration {
  /** Retries that the retrier that covers the mocked error has used up. */
  readonly retrierRetryCount?: number;
  /** The state within a Map or Parallel that the mocked error comes from. */
  readonly errorCausedByState?: string;
  /** Items of a Map that failed. */
  readonly mapIterationFailureCount?: number;
  /** What an ItemReader finds, as it stands in the file. */
  readonly mapItemReaderData?: string;
}

/** A test that cannot be made; `message` says what to do about it. */
export class StateTestRefused extends Error {
  override readonly name = 'StateTestRefused';
  /** `definition`: the fault is in the definition, not in the rest of the request. */
  readonly about: 'request' | 'definition';
  readonly findings: readonly Finding[];

  constructor(about: 'request' | 'definition', message: string, findings: readonly Finding[] = []) {
    super(message);
    this.about = about;
    this.findings = findings;
  }
}
