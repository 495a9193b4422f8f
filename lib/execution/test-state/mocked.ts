import type { Environment } from '../../model/environment.ts';
import type { Json } from '../../model/json.ts';
import { isJsonArray } from '../../model/json.ts';
import type {
  BatchRule,
  Evaluate,
  MapPlan,
  ParallelPlan,
  StatePlan,
  TaskPlan,
  TaskResource,
} from '../../model/plan.ts';
import { readItems } from './item-data.ts';
import type { Item, Setting } from './setting.ts';
import { TestEnvironment } from './setting.ts';

/** What a Map would do, as far as it can be told without running its items. */
export interface MapFacts {
  distributed?: boolean;
  /** Absent: they are read from somewhere, and nobody said what is there. */
  itemCount?: number;
  itemsPointer?: Json;
  itemInputs?: readonly Json[];
  batches?: readonly Json[];
  maxConcurrency?: number;
  toleratedCount?: number;
  toleratedPercentage?: number;
}

/**
 * What goes on inside a Parallel or a Map is told by the mock: so for the test it is a task that the mock answers, and
 * everything around (retriers, catchers, the way of the result) is what it always is.
 */
export function asTask(plan: StatePlan, facts: MapFacts, setting: Setting, readerData: string | undefined): StatePlan {
  switch (plan.type) {
    case 'Parallel':
      return answeredByMock(plan, plan.arguments);
    case 'Map':
      return answeredByMock(plan, (env) => {
        examine(plan, env, { facts, setting, readerData });
        return env.input;
      });
    case 'Task':
      // Alone, and with its answer at hand, it waits for nobody to take it.
      return plan.resource.kind === 'workItem' ? { ...plan, resource: MOCKED } : plan;
    case 'Pass':
    case 'Choice':
    case 'Wait':
    case 'Succeed':
    case 'Fail':
    case 'Place':
      return plan;
  }
}

const MOCKED: TaskResource = {
  kind: 'service',
  arn: '',
  service: 'mock',
  action: 'answer',
  pattern: 'requestResponse',
};

function answeredByMock(plan: ParallelPlan | MapPlan, args: Evaluate<Json>): TaskPlan {
  const { name, queryLanguage, retry, catch: catchers, complete, next } = plan;
  const nothing = () => undefined;
  return {
    type: 'Task',
    name,
    queryLanguage,
    retry,
    catch: catchers,
    complete,
    next,
    resource: MOCKED,
    arguments: args,
    timeoutSeconds: nothing,
    heartbeatSeconds: nothing,
    roleArn: nothing,
    idempotent: false,
  };
}

interface Examination {
  readonly facts: MapFacts;
  readonly setting: Setting;
  readonly readerData: string | undefined;
}

/** Evaluates the fields of a Map as it starts, in the order in which the engine does. */
function examine(plan: MapPlan, env: Environment, { facts, setting, readerData }: Examination): void {
  facts.distributed = plan.distributed !== undefined;
  const items = itemsOf(plan, env, facts, readerData);
  facts.maxConcurrency = plan.maxConcurrency(env);
  const tolerated = plan.toleratedFailures(env);
  facts.toleratedCount = tolerated.count;
  facts.toleratedPercentage = tolerated.percentage;
  const rule = plan.distributed?.batches?.(env);
  if (items === undefined) return;
  facts.itemCount = items.length;
  const inputs = items.map((item) => plan.itemInput(new TestEnvironment(env, setting, item)));
  facts.itemInputs = inputs;
  if (rule !== undefined) facts.batches = inBatches(inputs, rule);
}

function itemsOf(
  plan: MapPlan,
  env: Environment,
  facts: MapFacts,
  readerData: string | undefined,
): readonly Item[] | undefined {
  const { distributed } = plan;
  const source = distributed?.source?.(env);
  if (source === undefined) return entries(distributed === undefined ? plan.items(env) : distributed.items(env));
  if (readerData === undefined) return undefined;
  const items = readItems(readerData, source);
  if (source.itemsPointer !== undefined) facts.itemsPointer = items;
  return entries(items).slice(0, source.maxItems === undefined || source.maxItems === 0 ? undefined : source.maxItems);
}

function entries(items: Json): readonly Item[] {
  if (isJsonArray(items)) return items.map((value, index) => ({ index, value }));
  if (typeof items !== 'object' || items === null) return [{ index: 0, value: items }];
  return Object.entries(items).map(([key, value], index) => ({ index, value, key }));
}

/** A batch is closed before it would exceed a limit, and has one item at least. */
function inBatches(items: readonly Json[], { maxItems, maxBytes, batchInput }: BatchRule): readonly Json[] {
  const made = (of: readonly Json[]): Json => ({
    ...(batchInput === undefined ? {} : { BatchInput: batchInput }),
    Items: of,
  });
  const bytes = (of: readonly Json[]) => new TextEncoder().encode(JSON.stringify(made(of))).length;
  const batches: Json[][] = [];
  for (const item of items) {
    const last = batches.at(-1);
    const fits =
      last !== undefined &&
      (maxItems === undefined || last.length < maxItems) &&
      (maxBytes === undefined || bytes([...last, item]) <= maxBytes);
    if (fits) last.push(item);
    else batches.push([item]);
  }
  return batches.map(made);
}
