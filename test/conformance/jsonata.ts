import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';
import { JsonataError, JsonataSyntaxError } from '../../lib/language/jsonata/index.ts';
import type { Json } from '../../lib/model/json.ts';
import { evaluate } from '../language/jsonata/evaluate.ts';
import { readCases, type Score, tally } from './score.ts';

const json = z.json();
const expression = z.object({
  expr: z.string().optional(),
  'expr-file': z.string().optional(),
  data: json.optional(),
  dataset: z.string().nullish(),
  bindings: z.record(z.string(), json).optional(),
  result: json.optional(),
  code: z.string().optional(),
  error: z.unknown().optional(),
});
const suite = z.object({
  groups: z.record(z.string(), z.record(z.string(), z.union([expression, z.array(expression)]))),
  datasets: z.record(z.string(), json),
  expressions: z.record(z.string(), z.string()),
});
type Suite = z.output<typeof suite>;
type Case = z.output<typeof expression>;

/** JSONata's own test suite; Step Functions' dialect differs in places, so not all of it can come out the same. */
export function runJsonataSuite(file: string): readonly Score[] {
  const given = suite.parse(readCases(file));
  const cases = Object.entries(given.groups).flatMap(([name, group]) =>
    Object.values(group)
      .flat()
      .map((one) => ['jsonata', comesOut(one, name, given)] as const),
  );
  return tally(cases);
}

function comesOut(one: Case, group: string, { datasets, expressions }: Suite): boolean {
  const source = one.expr ?? expressions[`${group}/${one['expr-file']}`] ?? '';
  const data = typeof one.dataset === 'string' ? datasets[one.dataset] : one.data;
  const fails = one.code !== undefined || one.error !== undefined;
  try {
    const value: Json | undefined = evaluate(
      source,
      data,
      one.bindings === undefined ? {} : { bindings: one.bindings },
    );
    return !fails && isDeepStrictEqual(value, one.result);
  } catch (error) {
    if (error instanceof JsonataError || error instanceof JsonataSyntaxError) return fails;
    throw error;
  }
}
