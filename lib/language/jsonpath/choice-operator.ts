import type { Json } from '../../model/json.ts';
import { compileStringMatch } from './string-match.ts';
import { compareTimestamps, parseTimestamp } from './timestamp.ts';

/** Compares the variable's value with the other one. Values of the wrong type do not match, they are no error. */
type Compare = (value: Json, other: Json) => boolean;

interface Comparison {
  /** Whether the operand is a path to the other value (`…Path`) rather than the value itself. */
  readonly byPath: boolean;
  readonly compare: Compare;
  /** What the operand must be where it is a value. */
  readonly type: 'string' | 'number' | 'boolean' | 'timestamp';
  readonly accepts: (operand: Json) => boolean;
  /** The test against a fixed operand, with all that can be done beforehand done. */
  readonly prepare: (operand: Json) => (value: Json) => boolean;
}

type Ordering = (order: number) => boolean;

const orderings: readonly (readonly [string, Ordering])[] = [
  ['Equals', (order) => order === 0],
  ['LessThan', (order) => order < 0],
  ['LessThanEquals', (order) => order <= 0],
  ['GreaterThan', (order) => order > 0],
  ['GreaterThanEquals', (order) => order >= 0],
];

const isString = (value: Json): boolean => typeof value === 'string';
const isNumber = (value: Json): boolean => typeof value === 'number';
const isBoolean = (value: Json): boolean => typeof value === 'boolean';
const isTimestamp = (value: Json): boolean => typeof value === 'string' && parseTimestamp(value) !== undefined;

/** By UTF-16 code units, as Java compares strings. */
function compareStrings(ordering: Ordering): Compare {
  return (a, b) => typeof a === 'string' && typeof b === 'string' && ordering(a < b ? -1 : a > b ? 1 : 0);
}

function compareNumbers(ordering: Ordering): Compare {
  return (a, b) => typeof a === 'number' && typeof b === 'number' && ordering(a < b ? -1 : a > b ? 1 : 0);
}

function compareMoments(ordering: Ordering): Compare {
  return (a, b) => prepareMoment(ordering, b)(a);
}

function prepareMoment(ordering: Ordering, operand: Json): (value: Json) => boolean {
  const other = typeof operand === 'string' ? parseTimestamp(operand) : undefined;
  if (other === undefined) return () => false;
  return (value) => {
    const moment = typeof value === 'string' ? parseTimestamp(value) : undefined;
    return moment !== undefined && ordering(compareTimestamps(moment, other));
  };
}

function* buildOperators(): Iterable<[string, Comparison]> {
  for (const [suffix, ordering] of orderings) {
    yield* withPath(`String${suffix}`, 'string', isString, compareStrings(ordering));
    yield* withPath(`Numeric${suffix}`, 'number', isNumber, compareNumbers(ordering));
    const moments = compareMoments(ordering);
    yield* withPath(`Timestamp${suffix}`, 'timestamp', isTimestamp, moments, (operand) =>
      prepareMoment(ordering, operand),
    );
  }
  yield* withPath('BooleanEquals', 'boolean', isBoolean, (a, b) => typeof a === 'boolean' && a === b);
  yield ['StringMatches', stringMatches];
  yield* typeTest('IsNull', (value) => value === null);
  yield* typeTest('IsNumeric', isNumber);
  yield* typeTest('IsString', isString);
  yield* typeTest('IsBoolean', isBoolean);
  yield* typeTest('IsTimestamp', isTimestamp);
}

function* withPath(
  name: string,
  type: Comparison['type'],
  accepts: (operand: Json) => boolean,
  compare: Compare,
  prepare: Comparison['prepare'] = (operand) => (value) => compare(value, operand),
): Iterable<[string, Comparison]> {
  yield [name, { byPath: false, type, accepts, compare, prepare }];
  yield [`${name}Path`, { byPath: true, type, accepts, compare, prepare }];
}

const matches: Compare = (value, pattern) =>
  typeof value === 'string' && typeof pattern === 'string' && compileStringMatch(pattern)(value);

const stringMatches: Comparison = {
  byPath: false,
  type: 'string',
  accepts: isString,
  compare: matches,
  prepare: (pattern) => {
    const match = compileStringMatch(typeof pattern === 'string' ? pattern : '');
    return (value) => typeof value === 'string' && match(value);
  },
};

function* typeTest(name: string, test: (value: Json) => boolean): Iterable<[string, Comparison]> {
  const compare: Compare = (value, expected) => test(value) === expected;
  yield [
    name,
    { byPath: false, type: 'boolean', accepts: isBoolean, compare, prepare: (expected) => (v) => test(v) === expected },
  ];
}

const operators: ReadonlyMap<string, Comparison> = new Map(buildOperators());

/** All operators of choice rules but `IsPresent`, `And`, `Or` and `Not`, with what their operands are. */
export const comparisons: ReadonlyMap<string, Pick<Comparison, 'byPath' | 'type'>> = operators;

/** The operator of a choice rule, other than `IsPresent`, `And`, `Or` and `Not`; undefined if there is none. */
export function comparisonOf(operator: string): Comparison | undefined {
  return operators.get(operator);
}
