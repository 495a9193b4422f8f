import type { Json, JsonObject } from '../../lib/model/json.ts';
import type { Net, NetInstances, NetTask } from './net.ts';
import { list, namedArcs, needsMerge, placesOf, type Target, targetsOf } from './net-arcs.ts';
import { caseData, isComparison, toCondition, toJsonata } from './net-expression.ts';

/** A net as a definition, and which of its states stand for which tasks. */
export interface NetDefinition {
  readonly definition: JsonObject;
  /** States that are Maps, and the tasks they stand for. */
  readonly maps: ReadonlyMap<string, string>;
  /** States that run child processes, and the tasks they stand for. */
  readonly children: ReadonlyMap<string, string>;
  /** Tasks that are work items. */
  readonly workItems: ReadonlySet<string>;
  /** The workflows of child processes, by task and by state. */
  readonly processes: ReadonlyMap<string, string>;
  /** Tasks which several instances or a child process stand for, and which only start on a command. */
  readonly gated: ReadonlySet<string>;
}

const WORK_ITEM = 'arn:aws:states:::knhk:workItem';
const START = '(start)';
const SINK = 'end';

/** Where the workflow of a net, or of a child process, is: its name, and ARN. */
export type WorkflowOf = (sub: string) => { readonly name: string; readonly arn: string };

/** @throws Error for what the language has no construct for. */
export function defineNet(net: Net, workflowOf: WorkflowOf): NetDefinition {
  return new NetTranslation(net, workflowOf).define();
}

class NetTranslation {
  readonly #net: Net;
  readonly #workflowOf: WorkflowOf;
  readonly #states: Record<string, JsonObject> = {};
  readonly #maps = new Map<string, string>();
  readonly #children = new Map<string, string>();
  readonly #workItems = new Set<string>();
  readonly #gated = new Set<string>();
  readonly #processes = new Map<string, string>();
  /** Arcs that somebody names, as `B>D`, and that have a place of that name on them. */
  readonly #placed: ReadonlySet<string>;

  constructor(net: Net, workflowOf: WorkflowOf) {
    this.#net = net;
    this.#workflowOf = workflowOf;
    this.#placed = namedArcs(net);
  }

  define(): NetDefinition {
    const starts = list(this.#net.start);
    this.#states[START] = {
      Type: 'Pass',
      Assign: { data: `{% $merge([${JSON.stringify(this.#net.vars ?? {})}, $states.input]) %}` },
      Next: starts.map((to) => this.#onArc(START, to)),
    };
    for (const [name, task] of Object.entries(this.#net.tasks)) this.#addTask(name, task);
    for (const place of this.#places()) this.#addPlace(place);
    for (const arc of this.#placed) this.#addPlacedArc(arc);
    const mutex = this.#mutex();
    return {
      definition: {
        QueryLanguage: 'JSONata',
        StartAt: START,
        States: this.#states,
        ...(mutex === undefined ? {} : { Mutex: mutex }),
      },
      maps: this.#maps,
      children: this.#children,
      workItems: this.#workItems,
      gated: this.#gated,
      processes: this.#processes,
    };
  }

  /** Sinks are made where they are needed: an arc to `end` beside others. */
  #sink(): string {
    this.#states[SINK] ??= { Type: 'Pass', End: true };
    return SINK;
  }

  #addTask(name: string, task: NetTask): void {
    const done = { ...this.#leaving(name, task), ...this.#withdrawing(task) };
    const work = this.#work(name, task);
    if (work === undefined) {
      const { Type, ...entry } = this.#entering(name, task);
      this.#states[name] = { Type: 'Task', Resource: WORK_ITEM, Arguments: { Title: name }, ...entry, ...done };
      this.#states[name] = { ...this.#states[name], ...this.#assigning(task, '$states.result') };
      this.#workItems.add(name);
      return;
    }
    if (this.#isGated(name, task)) {
      const inner = `${name}*`;
      this.#gated.add(name);
      this.#states[name] = {
        ...{ Type: 'Task', Resource: WORK_ITEM, Arguments: { Title: name } },
        ...this.#entering(name, task),
        Next: inner,
      };
      this.#states[inner] = { ...work, ...done };
    } else {
      this.#states[name] = { ...work, ...this.#entering(name, task), ...done };
    }
    const worker = this.#worker(name);
    if (task.mi !== undefined) this.#maps.set(worker, name);
    if (task.sub === undefined) return;
    this.#children.set(worker, name);
    for (const part of [worker, name]) this.#processes.set(part, this.#workflowOf(task.sub).name);
  }

  /** The state that is at work for a task. */
  #worker(name: string): string {
    return this.#gated.has(name) ? `${name}*` : name;
  }

  /** Several instances and children start by themselves; where it matters when, a work item before them waits for the command. */
  #isGated(name: string, { mi, sub, in: places = [], read = [] }: NetTask): boolean {
    const isExcluded = Object.values(this.#net.mutex ?? {}).some((groups) =>
      groups.some((g) => list(g).includes(name)),
    );
    return (mi !== undefined || sub !== undefined) && (places.length > 0 || read.length > 0 || isExcluded);
  }

  /** What a task does that is no work item. */
  #work(name: string, task: NetTask): JsonObject | undefined {
    if (task.mi !== undefined) return { ...this.#instances(name, task.mi), ...this.#assigning(task, undefined) };
    if (task.sub !== undefined) {
      const passed = Object.entries(task.pass ?? {}).map(([key, value]) => [key, evaluated(value)] as const);
      return {
        Type: 'Task',
        Resource: 'arn:aws:states:::states:startExecution.sync:2',
        Arguments: {
          StateMachineArn:
            task.sub === 'self' ? '{% $states.context.StateMachine.Id %}' : this.#workflowOf(task.sub).arn,
          Input: Object.fromEntries(passed),
        },
        ...this.#assigning(task, undefined),
      };
    }
    if (task.auto !== true) return undefined;
    if (task.ends !== undefined && task.ends !== false) return endOfCase(task.ends);
    return { Type: 'Pass', ...this.#assigning(task, undefined) };
  }

  #instances(name: string, { n, add, sync, until, rest }: NetInstances): JsonObject {
    const count = typeof n === 'number' ? String(n) : toJsonata(n);
    return {
      Type: 'Map',
      Items: `{% ${count} > 0 ? [1..${count}] : [] %}`,
      ItemProcessor: {
        StartAt: `${name} item`,
        States: {
          [`${name} item`]: { Type: 'Task', Resource: WORK_ITEM, Arguments: { Title: name }, End: true },
        },
      },
      ...(until === undefined ? {} : { Completion: completion(until) }),
      ...(rest === undefined || until === undefined ? {} : { Rest: rest }),
      ...(add === true ? { Dynamic: true } : {}),
      ...(sync === false ? { Synchronize: false } : {}),
    };
  }

  /** Case data are merged first, then computed from. */
  #assigning({ set }: NetTask, result: string | undefined): JsonObject {
    const merged = result === undefined ? '$data' : `$merge([$data, ${result}])`;
    const computed = Object.entries(set ?? {}).map(([key, value]) => `${JSON.stringify(key)}: ${inJsonata(value)}`);
    if (computed.length === 0) return result === undefined ? {} : { Assign: { data: `{% ${merged} %}` } };
    return { Assign: { data: `{% ($data := ${merged}; $merge([$data, {${computed.join(', ')}}])) %}` } };
  }

  #leaving(name: string, task: NetTask): JsonObject {
    if (task.ends !== undefined && task.ends !== false) {
      if (task.auto === true) return {};
      this.#states[`${name}!`] = endOfCase(task.ends);
      return { Next: `${name}!` };
    }
    const targets = targetsOf(task);
    const isGuarded = task.split === 'one' || task.split === 'some' || targets.some((to) => to.if !== undefined);
    if (isGuarded) {
      this.#states[`${name}?`] = this.#guards(name, targets, task.split === 'one');
      return { Next: `${name}?` };
    }
    const [only, ...others] = targets;
    if (only === undefined || (only.to === 'end' && others.length === 0)) return { End: true };
    const next = targets.flatMap((target) => this.#goTo(name, target));
    return { Next: next.length === 1 ? (next[0] ?? SINK) : next };
  }

  #guards(name: string, targets: readonly Target[], isFirst: boolean): JsonObject {
    const goal = (target: Target) => {
      const next = this.#goTo(name, target);
      return next.length === 1 ? (next[0] ?? SINK) : next;
    };
    const isDefault = (target: Target) => target.default === true || (isFirst && target.if === undefined);
    const fallback = targets.filter(isDefault).flatMap((target) => this.#goTo(name, target));
    const rules = targets.filter((target) => !isDefault(target));
    return {
      Type: 'Choice',
      Choices: rules.map((rule) => ({ Condition: toCondition(rule.if ?? 'true'), Next: goal(rule) })),
      ...(isFirst ? {} : { Select: 'All' }),
      ...(fallback.length === 0 ? {} : { Default: fallback.length === 1 ? (fallback[0] ?? SINK) : fallback }),
    };
  }

  #goTo(from: string, { to, n }: Target): readonly string[] {
    const name = to === 'end' ? this.#sink() : this.#onArc(from, to);
    return Array.from({ length: n }, () => name);
  }

  /** Where an arc leads first. */
  #onArc(from: string, to: string): string {
    return this.#placed.has(`${from}>${to}`) ? `${from}>${to}` : this.#gateOfArcs(to);
  }

  /** Where arcs into a task lead: a task that takes from places too has them merged first, unless all of them are needed. */
  #gateOfArcs(to: string): string {
    const task = this.#net.tasks[to];
    return task !== undefined && needsMerge(task, this.#arcsInto(to).length) ? `${to}<` : to;
  }

  #entering(name: string, task: NetTask): JsonObject {
    const places = placesOf(task);
    const arcs = this.#arcsInto(name);
    const entry: Record<string, Json> = {};
    if (needsMerge(task, arcs.length)) {
      this.#states[`${name}<`] = { Type: 'Pass', ...this.#joining(name, task.join), Next: name };
      entry['Join'] = 'all';
    } else if (places.length > 0 && arcs.length + places.length > 1) {
      entry['Join'] = 'all';
    } else if (places.length === 0) {
      Object.assign(entry, this.#joining(name, task.join));
    } else if ((places[0]?.n ?? 1) > 1) {
      entry['Join'] = { Threads: places[0]?.n ?? 1 };
    } else if (task.join === 'all' || task.join === 'active') {
      entry['Join'] = task.join;
    }
    if (task.trigger !== undefined) {
      entry['Trigger'] = { Event: task.trigger.event, Persistent: task.trigger.persistent ?? true };
    }
    const [milestone, ...more] = list(task.read ?? []);
    if (more.length > 0) throw new Error(`${name} reads several places, and a state has one milestone.`);
    if (milestone !== undefined) entry['Milestone'] = milestone;
    return entry;
  }

  #joining(name: string, join: NetTask['join']): JsonObject {
    if (join === undefined || join === 'any') return {};
    if (join === 'all' || join === 'active') return { Join: join };
    const { need, late = 'absorb', region = [] } = join;
    const count = typeof need === 'number' ? need : `{% ${toJsonata(need)} %}`;
    if (late !== 'cancel') return { Join: { Count: count, Rest: 'absorb' } };
    const cancels = this.#named(region.filter((member) => !member.endsWith(`>${name}`)));
    return { Join: { Count: count, Rest: 'cancel', Cancels: cancels } };
  }

  #withdrawing({ cancels, completes }: NetTask): JsonObject {
    return {
      ...(cancels === undefined ? {} : { Cancels: this.#named(cancels) }),
      ...(completes === undefined ? {} : { Completes: completes.map((name) => this.#workerOf(name)) }),
    };
  }

  /** The states that stand for tasks, places and arcs. */
  #named(members: readonly string[]): string[] {
    const names = members.flatMap((member) => {
      if (member.includes('>')) return this.#placed.has(member) ? [member] : [];
      const task = this.#net.tasks[member];
      if (task === undefined) return [member];
      const arcs = [...this.#placed].filter((arc) => arc.endsWith(`>${member}`));
      const merge = needsMerge(task, this.#arcsInto(member).length) ? [`${member}<`] : [];
      return [member, ...(this.#isGated(member, task) ? [`${member}*`] : []), ...merge, ...arcs];
    });
    return [...new Set(names)];
  }

  #workerOf(name: string): string {
    const task = this.#net.tasks[name];
    return task !== undefined && this.#isGated(name, task) ? `${name}*` : name;
  }

  #arcsInto(name: string): readonly string[] {
    const tasks = Object.entries(this.#net.tasks);
    const from = tasks.flatMap(([source, task]) => (targetsOf(task).some(({ to }) => to === name) ? [source] : []));
    return list(this.#net.start).includes(name) ? [START, ...from] : from;
  }

  #places(): ReadonlySet<string> {
    const { places = [], tasks, start } = this.#net;
    const names = Object.values(tasks).flatMap((task) => [
      ...targetsOf(task).map(({ to }) => to),
      ...placesOf(task).map(({ p }) => p),
      ...list(task.read ?? []),
    ]);
    const all = [...(Array.isArray(places) ? places : Object.keys(places)), ...list(start), ...names];
    return new Set(all.filter((name) => tasks[name] === undefined && name !== 'end' && !name.includes('>')));
  }

  #addPlace(place: string): void {
    const takers = Object.entries(this.#net.tasks).flatMap(([name, task]) => {
      const taken = placesOf(task).find(({ p }) => p === place);
      return taken === undefined ? [] : [this.#taker(name, task, taken)];
    });
    this.#states[place] = { Type: 'Place', Next: takers };
  }

  /** Several tokens of one place are merged before they meet those of others, which needs a place of one taker. */
  #taker(name: string, task: NetTask, { p, n }: { readonly p: string; readonly n: number }): string {
    if (n === 1 || placesOf(task).length + this.#arcsInto(name).length === 1) return name;
    this.#states[`${p}*${n}`] = { Type: 'Pass', Join: { Threads: n }, Next: name };
    return `${p}*${n}`;
  }

  #addPlacedArc(arc: string): void {
    const [, to = ''] = arc.split('>');
    this.#states[arc] = { Type: 'Place', Next: [this.#gateOfArcs(to)] };
  }

  #mutex(): JsonObject | undefined {
    const { mutex } = this.#net;
    if (mutex === undefined) return undefined;
    const groupOf = (members: readonly string[]) => {
      const guards = members.length > 1 ? members.map((name) => `${name}?`).filter((name) => name in this.#states) : [];
      const between = [...this.#placed].filter((arc) => arc.split('>').every((end) => members.includes(end)));
      const named = members.flatMap((member) => {
        if (member.includes('>')) return this.#placed.has(member) ? [member] : [];
        return [member, ...(this.#gated.has(member) ? [`${member}*`] : [])];
      });
      return [...new Set([...named, ...guards, ...between])];
    };
    const entries = Object.entries(mutex).map(([name, groups]) => [name, groups.map((g) => groupOf(list(g)))] as const);
    return Object.fromEntries(entries);
  }
}

function endOfCase(ends: string | boolean): JsonObject {
  const isFailure = typeof ends === 'string' && /fail|error|cancel|abort/.test(ends);
  return isFailure ? { Type: 'Fail', Error: 'Ended' } : { Type: 'Succeed' };
}

function completion(until: number | string): JsonObject {
  if (typeof until === 'number') return { Count: until };
  const names = { of: (name: string) => (name === 'results' ? '$states.context.Map.Results' : caseData.of(name)) };
  if (isComparison(until)) return { Condition: toCondition(until, names) };
  return { Count: `{% ${toJsonata(until, names)} %}` };
}

function evaluated(value: Json): Json {
  return typeof value === 'string' ? `{% ${toJsonata(value)} %}` : value;
}

function inJsonata(value: Json): string {
  return typeof value === 'string' ? toJsonata(value) : JSON.stringify(value);
}
