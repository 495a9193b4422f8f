import type { TraceStep } from '../../language/index.ts';
import type { Json, JsonObject } from '../../model/json.ts';
import type { StatePlan } from '../../model/plan.ts';
import { type HttpExchange, httpExchange } from './http-exchange.ts';
import type { MapFacts } from './mocked.ts';
import type { JsonText } from './request.ts';
import { retrierOf, type Trial } from './trial.ts';

/** What happened inside the state, by the names of Step Functions. Values are JSON text. */
export interface InspectionData extends Partial<HttpExchange> {
  readonly [step: string]: string | number | object | undefined;
  readonly input: string;
  readonly variables?: string;
  readonly maxConcurrency?: number;
  readonly toleratedFailureCount?: number;
  readonly toleratedFailurePercentage?: number;
  readonly errorDetails?: ErrorDetails;
}

export interface ErrorDetails {
  readonly catchIndex?: number;
  readonly retryIndex?: number;
  readonly retryBackoffIntervalSeconds?: number;
}

export interface Inspected {
  readonly state: StatePlan;
  readonly definition: JsonObject;
  readonly steps: ReadonlyMap<TraceStep, Json>;
  readonly facts: MapFacts;
  readonly trial: Trial;
  readonly catcher: number | undefined;
  /** As the state leaves them. */
  readonly variables: JsonObject;
  readonly render: (value: Json) => string;
}

/** What Step Functions shows of each type of state in JSONPath; in JSONata it shows arguments and result. */
const SHOWN: Readonly<Record<StatePlan['type'], readonly TraceStep[]>> = {
  Pass: ['afterInputPath', 'afterParameters', 'result', 'afterResultSelector', 'afterResultPath'],
  Task: ['afterInputPath', 'afterParameters', 'afterArguments', 'afterResultSelector', 'afterResultPath'],
  Parallel: ['afterResultSelector', 'afterResultPath'],
  Map: ['afterInputPath', 'afterItemsPath', 'afterResultSelector', 'afterResultPath'],
  Choice: ['afterInputPath'],
  Wait: ['afterInputPath'],
  Succeed: ['afterInputPath'],
  Fail: ['afterInputPath'],
  Place: [],
};

/** @param tracing also what an HTTP task sent and got. */
export function inspect(inspected: Inspected, input: JsonText, tracing: boolean): InspectionData {
  const { state, trial, variables, render } = inspected;
  const details = errorDetails(inspected);
  return {
    input: input.text,
    ...flow(inspected, input),
    ...(state.type === 'Task' && trial.result !== undefined ? { result: render(trial.result.value) } : {}),
    ...(state.type === 'Map' ? mapFields(inspected) : {}),
    ...(tracing ? httpExchange(trial) : {}),
    ...(Object.keys(variables).length === 0 ? {} : { variables: JSON.stringify(variables) }),
    ...(Object.keys(details).length === 0 ? {} : { errorDetails: details }),
  };
}

function flow({ state, steps, catcher, render }: Inspected, input: JsonText): Readonly<Record<string, string>> {
  const shown: Record<string, string> = {};
  for (const step of SHOWN[state.type]) {
    const value = steps.get(step);
    // What a catcher makes of the error is the output; it is not what became of the result.
    const isCatchers = catcher !== undefined && (step === 'afterResultPath' || step === 'afterResultSelector');
    if (value !== undefined && !isCatchers) shown[step] = render(value);
  }
  // The input of a Fail passes no filter.
  if (state.type === 'Fail' && state.queryLanguage === 'JSONPath') shown['afterInputPath'] = input.text;
  return shown;
}

function mapFields({ definition, facts }: Inspected): JsonObject {
  const has = (...fields: readonly string[]) => fields.some((field) => field in definition);
  const { itemsPointer, itemInputs, batches, maxConcurrency, toleratedCount, toleratedPercentage } = facts;
  return {
    ...(itemsPointer === undefined ? {} : { afterItemsPointer: JSON.stringify(itemsPointer) }),
    ...(itemInputs !== undefined && has('ItemSelector', 'Parameters')
      ? { afterItemSelector: JSON.stringify(itemInputs) }
      : {}),
    ...(batches === undefined ? {} : { afterItemBatcher: JSON.stringify(batches) }),
    ...(maxConcurrency !== undefined && has('MaxConcurrency', 'MaxConcurrencyPath') ? { maxConcurrency } : {}),
    ...(toleratedCount !== undefined && has('ToleratedFailureCount', 'ToleratedFailureCountPath')
      ? { toleratedFailureCount: toleratedCount }
      : {}),
    ...(toleratedPercentage !== undefined && has('ToleratedFailurePercentage', 'ToleratedFailurePercentagePath')
      ? { toleratedFailurePercentage: toleratedPercentage }
      : {}),
  };
}

function errorDetails({ state, trial: { end }, catcher }: Inspected): ErrorDetails {
  if (end.kind === 'retries') {
    return { retryIndex: end.retrier, retryBackoffIntervalSeconds: Math.floor(end.delayMs / 1000) };
  }
  if (catcher !== undefined) return { catchIndex: catcher };
  const retryIndex = end.kind === 'failed' ? retrierOf(state, end.failure.error) : undefined;
  return retryIndex === undefined ? {} : { retryIndex };
}
