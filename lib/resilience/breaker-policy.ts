import { isJsonArray, isJsonObject, type Json } from '../model/json.ts';

/** When the circuit breaker of a target opens, and what it does then. */
export interface BreakerPolicy {
  /** `false`: the target has no breaker, also where one would apply to all targets. */
  readonly enabled: boolean;
  /** It opens once so many of the calls in the window have failed: a part of them, above 0, at most 1. */
  readonly failureRatio: number;
  /** Fewer calls in the window say nothing. */
  readonly minimumCalls: number;
  /** How far back calls count. */
  readonly windowSeconds: number;
  /** A call that takes longer is slow, whatever it answers. Absent: none is. */
  readonly slowCallSeconds?: number;
  /** It opens once so many of the calls in the window were slow: a part of them, above 0, at most 1. */
  readonly slowRatio: number;
  /** How long no call is made, before the first ones try whether it works again. */
  readonly openSeconds: number;
  /** Calls at the same time, in all processes together, that try whether it works again. */
  readonly probes: number;
  /** Such a call that has not ended after this long gives its place to another one. */
  readonly probeSeconds: number;
  /** It closes after so many of them have succeeded. */
  readonly successesToClose: number;
  /** What becomes of tasks while it is open: they fail with `Knhk.CircuitOpen`, or stay scheduled until it has closed. */
  readonly whenOpen: 'fail' | 'park';
  /** Errors that say nothing bad about the target, as in `Shop.CardDeclined`; a `*` at the end stands for any rest. */
  readonly ignoreErrors: readonly string[];
}

/** Where all targets without a policy of their own find theirs. */
export const ANY_TARGET = '*';

export const DEFAULT_BREAKER_POLICY: BreakerPolicy = {
  enabled: true,
  failureRatio: 0.5,
  minimumCalls: 20,
  windowSeconds: 60,
  slowRatio: 0.8,
  openSeconds: 30,
  probes: 2,
  probeSeconds: 60,
  successesToClose: 3,
  whenOpen: 'fail',
  ignoreErrors: [],
};

export interface NumberBounds {
  readonly least: number;
  readonly most: number;
  readonly isInteger: boolean;
}

/** Of ratios the least is not included. */
export const BREAKER_BOUNDS = {
  failureRatio: { least: 0, most: 1, isInteger: false },
  minimumCalls: { least: 1, most: 10_000, isInteger: true },
  windowSeconds: { least: 1, most: 3_600, isInteger: true },
  slowCallSeconds: { least: 0, most: 86_400, isInteger: false },
  slowRatio: { least: 0, most: 1, isInteger: false },
  openSeconds: { least: 1, most: 86_400, isInteger: true },
  probes: { least: 1, most: 100, isInteger: true },
  probeSeconds: { least: 1, most: 86_400, isInteger: true },
  successesToClose: { least: 1, most: 1_000, isInteger: true },
} as const satisfies Readonly<Record<string, NumberBounds>>;

export const MAX_IGNORED_ERRORS = 50;

/** A policy is not understood: the message tells what to write instead. */
export class BadBreakerPolicy extends Error {
  override readonly name = 'BadBreakerPolicy';
  readonly code = 'Knhk.BadBreakerPolicy';
}

/** A policy as somebody wrote it; what is left out has its default. @throws BadBreakerPolicy */
export function readBreakerPolicy(value: Json): BreakerPolicy {
  if (!isJsonObject(value)) throw new BadBreakerPolicy('Write the policy of a breaker as an object.');
  const known = { ...DEFAULT_BREAKER_POLICY, slowCallSeconds: 0 };
  const unknown = Object.keys(value).find((name) => !Object.hasOwn(known, name));
  if (unknown !== undefined) {
    throw new BadBreakerPolicy(`Leave out "${unknown}": a breaker has ${Object.keys(known).sort().join(', ')}.`);
  }
  const { enabled = true, whenOpen = 'fail', ignoreErrors = [], slowCallSeconds } = value;
  if (typeof enabled !== 'boolean') throw new BadBreakerPolicy('Set enabled to true or false.');
  if (whenOpen !== 'fail' && whenOpen !== 'park') throw new BadBreakerPolicy('Set whenOpen to "fail" or "park".');
  const number = (name: keyof typeof BREAKER_BOUNDS & keyof BreakerPolicy, byDefault: number) =>
    checked(name, value[name] ?? byDefault);
  return {
    enabled,
    failureRatio: number('failureRatio', DEFAULT_BREAKER_POLICY.failureRatio),
    minimumCalls: number('minimumCalls', DEFAULT_BREAKER_POLICY.minimumCalls),
    windowSeconds: number('windowSeconds', DEFAULT_BREAKER_POLICY.windowSeconds),
    ...(slowCallSeconds === undefined ? {} : { slowCallSeconds: checked('slowCallSeconds', slowCallSeconds) }),
    slowRatio: number('slowRatio', DEFAULT_BREAKER_POLICY.slowRatio),
    openSeconds: number('openSeconds', DEFAULT_BREAKER_POLICY.openSeconds),
    probes: number('probes', DEFAULT_BREAKER_POLICY.probes),
    probeSeconds: number('probeSeconds', DEFAULT_BREAKER_POLICY.probeSeconds),
    successesToClose: number('successesToClose', DEFAULT_BREAKER_POLICY.successesToClose),
    whenOpen,
    ignoreErrors: names(ignoreErrors),
  };
}

/** Policies by target, as a deployment or a configuration file has them. @throws BadBreakerPolicy naming the target. */
export function readBreakerPolicies(value: Json): ReadonlyMap<string, BreakerPolicy> {
  if (!isJsonObject(value)) {
    throw new BadBreakerPolicy('Write breakers as an object: a target, or "*" for all others, and its policy.');
  }
  return new Map(
    Object.entries(value).map(([target, policy]) => {
      try {
        return [target, readBreakerPolicy(policy)];
      } catch (error) {
        throw error instanceof BadBreakerPolicy ? new BadBreakerPolicy(`For "${target}": ${error.message}`) : error;
      }
    }),
  );
}

function checked(name: keyof typeof BREAKER_BOUNDS, value: Json): number {
  const { least, most, isInteger } = BREAKER_BOUNDS[name];
  const isWithin = typeof value === 'number' && value <= most && (isInteger ? value >= least : value > least);
  if (isWithin && (!isInteger || Number.isInteger(value))) return value;
  const range = isInteger ? `an integer from ${least} to ${most}` : `a number above ${least}, at most ${most}`;
  throw new BadBreakerPolicy(`Set ${name} to ${range}, not ${JSON.stringify(value)}.`);
}

function names(value: Json): readonly string[] {
  const texts = isJsonArray(value) ? value.flatMap((one) => (typeof one === 'string' && one !== '' ? [one] : [])) : [];
  if (!isJsonArray(value) || texts.length !== value.length || texts.length > MAX_IGNORED_ERRORS) {
    throw new BadBreakerPolicy(`Set ignoreErrors to a list of at most ${MAX_IGNORED_ERRORS} names of errors.`);
  }
  return texts;
}
