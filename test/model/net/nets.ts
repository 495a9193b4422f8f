import type { Marking } from '../../../lib/model/net/or-join.ts';
import { type JoinPlan, type Source, START } from '../../../lib/model/net-plan.ts';
import type { ChoicePlan, PlacePlan, ScopePlan, StatePlan, TaskPlan } from '../../../lib/model/plan.ts';

/** One state of a net, as short as can be: a Task, unless it has ways to choose from or is a place. */
export interface Node {
  readonly next?: readonly string[];
  /** Of a Choice. */
  readonly ways?: readonly (readonly string[])[];
  readonly selectsAll?: true;
  readonly isPlace?: true;
  readonly catches?: readonly (readonly string[])[];
  readonly join?: JoinPlan;
  readonly milestone?: string;
  readonly cancels?: readonly string[];
  readonly trigger?: string;
}

/** A scope made of such states, in their order; the first one is the start state. */
export function netOf(nodes: Readonly<Record<string, Node>>): ScopePlan {
  const names = Object.keys(nodes);
  const startAt = names[0] ?? '';
  const sources = new Map<string, Set<Source>>([[startAt, new Set([START])]]);
  for (const [name, { next = [], ways = [], catches = [] }] of Object.entries(nodes)) {
    for (const target of [...next, ...ways.flat(), ...catches.flat()]) {
      sources.set(target, (sources.get(target) ?? new Set()).add(name));
    }
  }
  return {
    index: 0,
    startAt,
    states: new Map(names.map((name) => [name, stateOf(name, nodes[name] ?? {})])),
    net: { sources: new Map([...sources].map(([name, found]) => [name, [...found]])), mutexes: [] },
  };
}

function stateOf(name: string, node: Node): StatePlan {
  const { join, milestone, trigger, cancels } = node;
  const start = {
    ...(join === undefined ? {} : { join }),
    ...(milestone === undefined ? {} : { milestone }),
    ...(trigger === undefined ? {} : { trigger: { event: trigger, persistent: true } }),
  };
  const common = {
    name,
    queryLanguage: 'JSONata' as const,
    ...(Object.keys(start).length === 0 ? {} : { start }),
    ...(cancels === undefined ? {} : { cancels }),
  };
  const never = (): never => {
    throw new Error('Nothing is evaluated here.');
  };
  if (node.isPlace) return { ...common, type: 'Place', next: node.next ?? [] } satisfies PlacePlan;
  if (node.ways !== undefined) {
    const { ways, selectsAll } = node;
    return {
      ...common,
      type: 'Choice',
      choose: never,
      ways,
      ...(selectsAll === undefined ? {} : { selectsAll }),
    } satisfies ChoicePlan;
  }
  return {
    ...common,
    type: 'Task',
    resource: { kind: 'workItem', arn: 'arn:aws:states:::knhk:workItem' },
    arguments: never,
    timeoutSeconds: never,
    heartbeatSeconds: never,
    roleArn: never,
    idempotent: false,
    retry: [],
    catch: (node.catches ?? []).map((next) => ({ errorEquals: ['States.ALL'], next, produce: never })),
    complete: never,
    next: node.next ?? [],
  } satisfies TaskPlan;
}

/** `A`: one token runs in A (rests in it, if it is a place). `A>B`: one waits on the arc. `>A`: one waits from the start. `=A`: a joined one. */
export function marking(scope: ScopePlan, ...tokens: readonly string[]): Marking {
  const arcs = new Map<string, Map<Source, number>>();
  const resting = new Map<string, number>();
  const busy = new Map<string, number>();
  const joined = new Map<string, number>();
  const add = <K>(counts: Map<K, number>, key: K) => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const token of tokens) {
    const [from, to] = token.split('>');
    if (to !== undefined) {
      const before = arcs.get(to) ?? new Map<Source, number>();
      arcs.set(to, before);
      add(before, from === '' || from === undefined ? START : from);
    } else if (token.startsWith('=')) add(joined, token.slice(1));
    else add(scope.states.get(token)?.type === 'Place' ? resting : busy, token);
  }
  return { arcs, resting, busy, joined };
}
