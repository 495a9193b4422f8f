import { createHash } from 'node:crypto';
import { loadDefinition } from '../../lib/language/index.ts';
import { begin } from '../../lib/model/decide.ts';
import type { Json, JsonObject } from '../../lib/model/json.ts';
import type { Plan } from '../../lib/model/plan.ts';
import { percentiles, round } from './figures.ts';
import type { Measurement } from './workloads.ts';

const STATES = 50;

const identity = {
  id: 'arn:aws:states:us-east-1:000000000000:execution:bench:e',
  name: 'e',
  startedAt: 0,
  workflow: {
    id: 'arn:aws:states:us-east-1:000000000000:stateMachine:bench',
    name: 'bench',
    type: 'STANDARD',
    revision: '1',
    roleArn: 'arn:aws:iam::000000000000:role/bench',
  },
} as const;

type Language = 'JSONPath' | 'JSONata';

/**
 * What decisions cost of executions of fifty Pass and Choice states, in µs of processor time an execution: as definitions are compiled, and
 * compiled without what is done ahead of time. Nothing is written. The middle one of five rounds, in turn.
 */
export function* handingOn(scale: number): Generator<readonly [string, Measurement]> {
  for (const language of ['JSONPath', 'JSONata'] as const) {
    for (const isConstant of [false, true]) {
      const definition = chain(language, isConstant);
      const [plain, optimized] = [planOf(definition, false), planOf(definition, true)];
      const times: { readonly plain: number[]; readonly optimized: number[] } = { plain: [], optimized: [] };
      for (let repeat = 0; repeat < 6; repeat += 1) {
        const measured = { plain: runs(plain, scale), optimized: runs(optimized, scale) };
        // The first round warms up.
        if (repeat === 0) continue;
        times.plain.push(measured.plain);
        times.optimized.push(measured.optimized);
      }
      const [before, after] = [percentiles(times.plain).p50, percentiles(times.optimized).p50];
      const name = `${language}, ${isConstant ? 'constants' : 'data'}`;
      yield [name, { 'plain µs': before, 'optimized µs': after, ratio: round(after / before) }];
    }
  }
}

function runs(plan: Plan, scale: number): number {
  const executions = Math.max(100, 1_000 * scale);
  const started = process.cpuUsage();
  for (let i = 0; i < executions; i += 1) {
    const { state } = begin(
      plan,
      { type: 'StartExecution', identity, input: { n: 0, s: 'abc' } },
      { at: 0, random32: () => 7 },
    );
    if (state.status !== 'SUCCEEDED') throw new Error(`The chain ended as ${state.status}.`);
  }
  const { user, system } = process.cpuUsage(started);
  return (user + system) / executions;
}

function planOf(definition: Json, isOptimized: boolean): Plan {
  const hash = (text: string) => createHash('sha256').update(text).digest('hex');
  const { plan, findings } = loadDefinition(definition, { hash, isOptimized });
  if (plan === undefined) throw new Error(JSON.stringify(findings));
  return plan;
}

function chain(language: Language, isConstant: boolean): JsonObject {
  const states = Array.from({ length: STATES }, (_, index): [string, JsonObject] => {
    const next = index < STATES - 1 ? `S${index + 1}` : 'Done';
    return [`S${index}`, index % 2 === 0 ? pass(language, isConstant, index, next) : choice(language, next)];
  });
  return {
    QueryLanguage: language,
    StartAt: 'S0',
    States: Object.fromEntries([...states, ['Done', { Type: 'Succeed' }]]),
  };
}

function pass(language: Language, isConstant: boolean, index: number, next: string): JsonObject {
  if (language === 'JSONata') {
    const output = isConstant
      ? { n: `{% ${index} + 1 %}`, s: "{% $uppercase('abc') & 'def' %}" }
      : { n: '{% $states.input.n + 1 %}', s: '{% $states.input.s %}' };
    return { Type: 'Pass', Output: output, Next: next };
  }
  const parameters = isConstant
    ? { 'n.$': `States.MathAdd(${index}, 1)`, 's.$': "States.Format('{}def', 'ABC')" }
    : { 'n.$': 'States.MathAdd($.n, 1)', 's.$': '$.s' };
  return { Type: 'Pass', Parameters: parameters, Next: next };
}

function choice(language: Language, next: string): JsonObject {
  const rule =
    language === 'JSONata' ? { Condition: '{% $states.input.n < 0 %}' } : { Variable: '$.n', NumericLessThan: 0 };
  return { Type: 'Choice', Choices: [{ ...rule, Next: 'Done' }], Default: next };
}
