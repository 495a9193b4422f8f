import type { Json, JsonObject } from '../../../lib/model/json.ts';
import { ACTIVITY, LAMBDA } from '../scenario.ts';
import { WORK_ITEM } from './desk.ts';

/** Where a random definition gets its decisions from: a whole number from 0 to `count - 1`. */
export type Draw = (count: number) => number;

export interface NetOptions {
  /** Names of the events that states wait for. */
  readonly events: readonly string[];
  /** Whether tasks without outside work are among the states. */
  readonly lambdas: boolean;
}

/**
 * A definition whose scopes are nets, of everything that nets can have, in any combination; often one that nobody would
 * write, and now and then one that is refused.
 */
export function randomNet(draw: Draw, { events, lambdas }: NetOptions): JsonObject {
  let scopes = 0;
  const chance = (percent: number) => draw(100) < percent;
  const pick = <T>(from: readonly [T, ...T[]] | readonly T[]): T => from[draw(from.length)] as T;

  const scope = (depth: number): JsonObject => {
    const prefix = `s${scopes}.`;
    scopes += 1;
    const count = depth === 0 ? 4 + draw(4) : 2 + draw(3);
    const names = Array.from({ length: count }, (_, index) => `${prefix}${'ABCDEFGH'.charAt(index)}`);
    const places = names.filter((_, index) => index > 0 && chance(20));
    const others = names.filter((name) => !places.includes(name));
    // Mostly forwards, so that most runs end.
    const targets = (from: string, most: number): string[] => {
      const after = names.slice(names.indexOf(from) + 1);
      const size = 1 + draw(most);
      const found = Array.from({ length: size }, () => (after.length > 0 && !chance(12) ? pick(after) : pick(names)));
      return chance(10) ? found : [...new Set(found)];
    };
    const next = (from: string, percentEnd: number): JsonObject => {
      if (chance(percentEnd) || from === names.at(-1)) return { End: true };
      const to = targets(from, 3);
      return { Next: to.length === 1 && chance(50) ? (to[0] ?? '') : to };
    };
    const some = (from: readonly string[]): string[] => [
      ...new Set(Array.from({ length: 1 + draw(2) }, () => pick(from))),
    ];

    const join = (): Json => {
      switch (draw(7)) {
        case 0:
          return 'any';
        case 1:
          return 'all';
        case 2:
        case 3:
          return 'active';
        case 4:
          return { Count: 1 + draw(2), Rest: 'absorb' };
        case 5:
          return { Count: 1 + draw(2), Rest: 'cancel', Cancels: some(names) };
        default:
          return { Threads: chance(30) ? `{% ${2 + draw(2)} %}` : 1 + draw(3) };
      }
    };
    const conditions = (isStart: boolean): JsonObject => ({
      ...(chance(35) ? { Join: join() } : {}),
      ...(chance(20) ? { Trigger: { Event: pick(events), ...(chance(40) ? { Persistent: false } : {}) } } : {}),
      ...(!isStart && places.length > 0 && chance(20) ? { Milestone: pick(places) } : {}),
      ...(chance(20) ? { Cancels: some(names) } : {}),
    });
    const catching = (from: string): JsonObject =>
      chance(30) ? { Catch: [{ ErrorEquals: ['States.ALL'], Next: targets(from, 2) }] } : {};
    const retrying = (): JsonObject =>
      chance(20) ? { Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 1 }] } : {};
    const limits = (): JsonObject => (chance(15) ? { TimeoutSeconds: 8, HeartbeatSeconds: 5 } : {});
    const task = (from: string, resource: string): JsonObject => ({
      Type: 'Task',
      Resource: resource,
      ...limits(),
      ...retrying(),
      ...catching(from),
      ...next(from, 30),
    });
    const choice = (from: string): JsonObject => {
      const rules = Array.from({ length: 1 + draw(3) }, () => ({
        Condition: `{% ${pick(['true', 'false', '$exists($states.input)'])} %}`,
        Next: targets(from, 2),
      }));
      return {
        Type: 'Choice',
        Choices: rules,
        ...(chance(80) ? { Default: targets(from, 2) } : {}),
        ...(chance(50) ? { Select: 'All' } : {}),
      };
    };
    const control = (): JsonObject => {
      switch (draw(5)) {
        case 0:
          return {};
        case 1:
          return { Completion: { Count: 1 + draw(3) }, ...(chance(50) ? { Rest: 'cancel' } : {}) };
        case 2:
          return { Completion: { Condition: '{% $count($states.context.Map.Results) >= 2 %}' } };
        case 3:
          return { Synchronize: false };
        default:
          return { Dynamic: true, ...(chance(50) ? { Completion: { Count: 2 } } : {}) };
      }
    };
    const state = (name: string): JsonObject => {
      if (places.includes(name)) return { Type: 'Place', Next: chance(20) ? [] : targets(name, 3) };
      const kind = draw(20);
      const nested = depth < 2;
      if (kind < 8) return task(name, WORK_ITEM);
      if (kind < 9) return task(name, ACTIVITY);
      if (kind < 10 && lambdas) return task(name, LAMBDA);
      if (kind < 13) return choice(name);
      if (kind < 15) return { Type: 'Wait', Seconds: draw(4), ...next(name, 20) };
      if (kind < 16 && nested) {
        return {
          Type: 'Parallel',
          Branches: [scope(depth + 1), scope(depth + 1)],
          ...retrying(),
          ...catching(name),
          ...next(name, 20),
        };
      }
      if (kind < 18 && nested) {
        return {
          Type: 'Map',
          Items: Array.from({ length: draw(4) }, (_, index) => index),
          MaxConcurrency: draw(3),
          ItemProcessor: scope(depth + 1),
          ...control(),
          ...retrying(),
          ...catching(name),
          ...next(name, 20),
        };
      }
      if (kind === 18 && chance(25)) return { Type: 'Fail', Error: 'Boom' };
      if (kind === 19 && chance(25)) return { Type: 'Succeed', Output: 0, ...conditions(false) };
      return { Type: 'Pass', ...next(name, 15) };
    };
    const States = Object.fromEntries(
      names.map((name, index): [string, JsonObject] => {
        const made = state(name);
        if (made['Type'] === 'Place' || made['Type'] === 'Fail') return [name, made];
        // A value that went round joins would double each time.
        const output = made['Type'] === 'Choice' || chance(20) ? {} : { Output: index };
        return [name, { ...made, ...output, ...conditions(index === 0) }];
      }),
    );
    const maps = others.filter((name) => States[name]?.['Type'] === 'Map');
    const leaving = others.find((name) => States[name]?.['Type'] === 'Task');
    const completing =
      maps.length > 0 && leaving !== undefined && chance(60)
        ? { [leaving]: { ...States[leaving], Completes: [pick(maps)] } }
        : {};
    return { StartAt: names[0] ?? '', States: { ...States, ...completing }, ...mutex(names) };
  };

  const mutex = (names: readonly string[]): JsonObject => {
    if (!chance(40) || names.length < 4) return {};
    const [, a = '', b = '', c = '', d = ''] = names;
    if (chance(50)) return { Mutex: { m: [a, b, c] } };
    return {
      Mutex: {
        m:
          names.length < 5
            ? [[a, b], c]
            : [
                [a, b],
                [c, d],
              ],
      },
    };
  };

  return { QueryLanguage: 'JSONata', ...scope(0) };
}
