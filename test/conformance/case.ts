import { type Address, type Answer, Deviation, Execution, hasBegun, settled, type View } from '../patterns/driver.ts';
import type { Player } from '../patterns/play.ts';
import type { CaseState, Run, Step } from './net.ts';
import type { NetDefinition } from './net-definition.ts';

/** A scenario's definitions as they are deployed, by workflow; those of child processes are beside it. */
export interface Deployed {
  readonly scenario: string;
  readonly workflow: string;
  readonly nets: ReadonlyMap<string, NetDefinition>;
  /** Tasks, and those that their completion leads to. */
  readonly successors: ReadonlyMap<string, ReadonlySet<string>>;
}

/** How long to wait for what children do, or a start, ms. */
const PATIENCE_MS = 4_000;

/** One run of a scenario: an execution of its definition, to which the commands are given one by one. */
export class Case implements Player {
  readonly run: Run;
  readonly execution: Execution;
  readonly #deployed: Deployed;
  /** Tasks made of several instances or a child process that have been begun, by path. */
  readonly #begun = new Set<string>();
  #view: View | undefined;
  #added = 0;

  constructor(address: Address, deployed: Deployed, run: Run, name: string) {
    this.run = run;
    this.#deployed = deployed;
    this.execution = new Execution(address, deployed.workflow, name, (workflow) => this.#net(workflow).definition);
  }

  get steps(): number {
    return this.run.steps.length;
  }

  #net(workflow: string): NetDefinition {
    const net = this.#deployed.nets.get(workflow);
    if (net === undefined) throw new Error(`There is no definition of ${workflow}.`);
    return net;
  }

  /** @param times how often the command is sent. @throws Deviation */
  async play(index: number, times: number): Promise<void> {
    const step = this.run.steps[index];
    if (step === undefined) return;
    const before = this.#view;
    const { refused: wanted = false } = step.expect ?? {};
    const length = wanted ? (await this.execution.history()).length : undefined;
    const refusal = await this.#command(step, times);
    const where = `step ${index + 1}, ${step.op} ${step.target ?? ''}`;
    if (!wanted && refusal !== undefined) throw new Deviation(`${where}: it is refused: ${refusal}`);
    if (wanted && refusal === undefined) throw new Deviation(`${where}: it is not refused`);
    if (length !== undefined && (await this.execution.history()).length !== length) {
      throw new Deviation(`${where}: it is refused, and something has happened`);
    }
    await this.#check(step, where, wanted ? before : undefined);
  }

  /** Looks whether what was so after a step still is. @throws Deviation */
  async stillSo(index: number): Promise<void> {
    const step = this.run.steps[index];
    if (step !== undefined) await this.#check(step, `later than step ${index + 1}`, this.#view);
  }

  /** @throws Deviation */
  async checkEnd(): Promise<void> {
    const { completed, discarded, state } = this.run.end ?? {};
    const view = await this.execution.look();
    if (state !== undefined && stateOf(view) !== state) {
      throw new Deviation(`at the end it is ${stateOf(view)} instead of ${state}`);
    }
    if (completed !== undefined) {
      const counted = Object.fromEntries([...(await this.#completions())].filter(([, count]) => count > 0));
      const [is, wanted] = [counted, completed].map((counts) => JSON.stringify(Object.entries(counts).sort()));
      if (is !== wanted) throw new Deviation(`completed in total: ${is} instead of ${wanted}`);
    }
    if (discarded === undefined) return;
    const lost = await this.execution.discarded();
    if (lost !== discarded) throw new Deviation(`${lost} signals are discarded instead of ${discarded}`);
  }

  async #completions(): Promise<ReadonlyMap<string, number>> {
    const net = this.#net(this.#deployed.workflow);
    const counts = await this.execution.completions();
    const totals = new Map<string, number>();
    for (const [name, count] of counts) {
      const task = net.maps.get(name) ?? net.children.get(name) ?? (net.workItems.has(name) ? name : undefined);
      if (task !== undefined) totals.set(task, (totals.get(task) ?? 0) + count);
    }
    return totals;
  }

  /** @returns why it is refused; `undefined`: it is not. */
  async #command(step: Step, times: number): Promise<string | undefined> {
    const send = this.#sender(step);
    if (typeof send === 'string') return send === '' ? undefined : send;
    const first = await send();
    for (let i = 1; i < times; i += 1) await send();
    return first.status >= 400 ? JSON.stringify(first.body) : undefined;
  }

  /** How the command is sent, or why it cannot be, or `''` for one that needs no sending. */
  #sender({ op, target = '', vars, data }: Step): string | (() => Promise<Answer>) {
    const { execution } = this;
    switch (op) {
      case 'start':
        return () => execution.start(vars ?? this.run.vars ?? {});
      case 'signal': {
        const id = execution.newId();
        return () => execution.send(target, data ?? {}, id);
      }
      case 'add': {
        const id = execution.newId();
        this.#added += 1;
        const map = this.#stateFor(target, (net) => net.maps);
        return () => execution.add(map, [data ?? { added: this.#added }], id);
      }
      case 'cancelCase':
        return () => execution.stop();
      case 'begin':
        return this.#beginner(target);
      case 'complete':
        return this.#itemSender(target, 'started', (item) => execution.complete(item, data ?? {}));
      case 'fail':
        return this.#itemSender(target, 'started', (item) => execution.fail(item, String(data?.['error'] ?? 'Failed')));
      case 'return':
        return this.#itemSender(target, 'started', (item) => execution.giveBack(item));
    }
  }

  /** Instances and children have begun by themselves, unless a work item stands before them. */
  #beginner(target: string): string | (() => Promise<Answer>) {
    const { task, net } = this.#resolve(target);
    const isStructured = [...net.maps.values(), ...net.children.values()].includes(task);
    if (!isStructured) return this.#itemSender(target, 'offered', (item) => this.execution.begin(item));
    if (net.gated.has(task)) return this.#itemSender(target, 'offered', (item) => this.execution.complete(item, {}));
    const isOpen = this.#view !== undefined && collapse(this.#view, this.#structures(), this.#begun).has(target);
    if (!isOpen && !this.#isPassed(target)) return `${target} is not open`;
    this.#begun.add(target);
    return '';
  }

  /** No instances: it is through before it can be begun. */
  #isPassed(target: string): boolean {
    const successors = this.#deployed.successors.get(target) ?? new Set();
    const open = [...(this.#view?.open.keys() ?? [])];
    return open.some((name) => successors.has(name)) || this.#view?.status === 'SUCCEEDED';
  }

  #itemSender(
    target: string,
    prefers: 'offered' | 'started',
    send: (item: { readonly id: string; readonly isStarted: boolean }) => Promise<Answer>,
  ): string | (() => Promise<Answer>) {
    const name = this.#engineName(target);
    const [first = ''] = target.split('#');
    if (target.includes('#')) this.#begun.add(first);
    const parts = target.split('/');
    for (let depth = 1; depth < parts.length; depth += 1) this.#begun.add(parts.slice(0, depth).join('/'));
    const item = this.#view && this.execution.item(this.#view, name, prefers);
    if (item === undefined) return `${target} was never open`;
    return () => send(item);
  }

  /** Paths in a scenario name tasks, those of views the states that stand for them. */
  #engineName(target: string): string {
    const parts = target.split('/');
    const path = parts
      .slice(0, -1)
      .map((_, i) => this.#stateFor(parts.slice(0, i + 1).join('/'), (net) => net.children));
    const [, task = '', number] = /^(.*?)(#\d+)?$/.exec(parts.at(-1) ?? '') ?? [];
    const last =
      number === undefined
        ? task
        : `${this.#stateFor([...parts.slice(0, -1), task].join('/'), (n) => n.maps)}${number}`;
    return [...path, last].join('/');
  }

  #stateFor(target: string, statesIn: (net: NetDefinition) => ReadonlyMap<string, string>): string {
    const { task, net } = this.#resolve(target);
    const [state] = [...statesIn(net)].find(([, stands]) => stands === task) ?? [task];
    return state;
  }

  /** The task that a path ends at, and the net it is in. */
  #resolve(target: string): { readonly task: string; readonly net: NetDefinition } {
    const parts = target.split('/');
    let workflow = this.#deployed.workflow;
    for (const part of parts.slice(0, -1)) workflow = this.#net(workflow).processes.get(part) ?? workflow;
    return { task: parts.at(-1) ?? '', net: this.#net(workflow) };
  }

  #structures(): Structures {
    return { resolve: (path) => this.#resolve(path), successors: this.#deployed.successors };
  }

  async #check({ op, expect = {} }: Step, where: string, unchanged: View | undefined): Promise<void> {
    const structures = this.#structures();
    const previous = unchanged && [...collapse(unchanged, structures, this.#begun)].sort();
    const difference = (view: View) =>
      differenceOf(view, expect, [...collapse(view, structures, this.#begun, expect.open)].sort(), previous);
    const isRight = (view: View) => difference(view) === undefined && !view.isMoving && hasBegun(view);
    const view = await settled(this.execution, isRight, { ms: PATIENCE_MS, always: op === 'start' });
    this.#view = view;
    for (const path of this.#begun) {
      const isOpen = [...view.open.keys()].some((name) => name.startsWith(`${this.#engineName(path)}`));
      if (!isOpen && op !== 'begin') this.#begun.delete(path);
    }
    const wrong = difference(view);
    if (wrong !== undefined) throw new Deviation(`${where}: ${wrong}`);
  }
}

interface Structures {
  readonly resolve: (path: string) => { readonly task: string; readonly net: NetDefinition };
  readonly successors: ReadonlyMap<string, ReadonlySet<string>>;
}

/**
 * The names of what is open as scenarios have them: a task of several instances or with a child process counts as one
 * until it has been begun, and hides what it has opened behind it.
 */
function collapse(
  view: View,
  { resolve, successors }: Structures,
  begun: ReadonlySet<string>,
  wanted: readonly string[] = [],
): Set<string> {
  const names = new Set<string>();
  const hidden = new Set<string>();
  for (const name of view.open.keys()) names.add(shown(name, resolve, begun));
  for (const name of wanted) {
    const isInstances = [...resolve(name).net.maps.values()].includes(resolve(name).task);
    if (!isInstances || begun.has(name) || !names.has(name)) continue;
    for (const next of successors.get(name) ?? []) if (!wanted.includes(next)) hidden.add(next);
  }
  return new Set([...names].filter((name) => !hidden.has(name)));
}

function shown(name: string, resolve: Structures['resolve'], begun: ReadonlySet<string>): string {
  const path: string[] = [];
  const parts = name.split('/');
  for (const [i, part] of parts.entries()) {
    const [, state = '', number = ''] = /^(.*?)(#\d+)?$/.exec(part) ?? [];
    const { net } = resolve([...path, state].join('/'));
    const task = net.maps.get(state) ?? net.children.get(state) ?? state;
    path.push(task);
    const isInside = number !== '' || i < parts.length - 1;
    if (isInside && !net.gated.has(task) && !begun.has(path.join('/'))) return path.join('/');
    if (number !== '') path.push(`${path.pop()}${number}`);
  }
  return path.join('/');
}

function differenceOf(
  view: View,
  { open, waiting, state }: NonNullable<Step['expect']>,
  names: readonly string[],
  previous: readonly string[] | undefined,
): string | undefined {
  const wanted = open === undefined ? previous : [...open].sort();
  if (wanted !== undefined && names.join() !== wanted.join())
    return `open is ${list(names)} instead of ${list(wanted)}`;
  const waits = [...new Set(view.waiting)].sort();
  if (waiting !== undefined && waits.join() !== [...waiting].sort().join()) {
    return `waiting for a signal: ${list(waits)} instead of ${list(waiting)}`;
  }
  if (state !== undefined && stateOf(view) !== state) return `it is ${stateOf(view)} instead of ${state}`;
  return undefined;
}

function list(names: readonly string[]): string {
  return `[${names.join(', ')}]`;
}

function stateOf({ status, error }: View): CaseState {
  switch (status) {
    case 'RUNNING':
      return 'running';
    case 'SUCCEEDED':
      return 'completed';
    case 'ABORTED':
      return 'cancelled';
    default:
      return error === 'States.Deadlock' ? 'deadlocked' : 'failed';
  }
}
