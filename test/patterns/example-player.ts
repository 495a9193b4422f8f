import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Json, JsonObject } from '../../lib/model/json.ts';
import { statesOf } from './definition.ts';
import {
  type Address,
  type Answer,
  createWorkflow,
  Deviation,
  Execution,
  hasBegun,
  type OpenItem,
  settled,
  type View,
} from './driver.ts';
import type { Played, Player } from './play.ts';

/** The runs beside an example of `examples/patterns/`. */
export interface ExampleScenario {
  /** `WCP-1` … `WCP-43`. */
  readonly pattern: string;
  /** File of its definition. */
  readonly definition: string;
  /** Files of other definitions that it starts, by the names of their workflows. */
  readonly workflows?: Readonly<Record<string, string>>;
  readonly runs: readonly ExampleRun[];
}

export interface ExampleRun {
  readonly note: string;
  readonly input?: JsonObject;
  readonly steps: readonly ExampleStep[];
  /** How often each state has completed at the end, and of a Map how many of its items; others: never. */
  readonly completed: Readonly<Record<string, number>>;
  /** Events that were lost. */
  readonly discarded?: number;
}

export interface ExampleStep {
  readonly do: 'start' | 'begin' | 'complete' | 'fail' | 'return' | 'event' | 'add' | 'stop';
  readonly state?: string;
  /** Item of the Map `state`, from 1. */
  readonly item?: number;
  /** The state that started the child execution in which `state` is; a path of them. */
  readonly child?: string;
  readonly output?: Json;
  readonly event?: string;
  readonly payload?: Json;
  readonly items?: readonly Json[];
  readonly error?: string;
  readonly refused?: boolean;
  /** All that is open afterwards. */
  readonly open?: readonly string[];
  /** States that wait for an event afterwards. */
  readonly waiting?: readonly string[];
  readonly status?: string;
}

const FOLDER = fileURLToPath(new URL('../../examples/patterns/', import.meta.url));

export const scenarios: readonly ExampleScenario[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.scenario.json'))
  .map((file) => readExample(file) as unknown as ExampleScenario);

function readExample(file: string): JsonObject {
  return JSON.parse(readFileSync(`${FOLDER}${file}`, 'utf8'));
}

/** The account that the examples name in ARNs: that of a local server. */
const LOCAL_ACCOUNT = '000000000000';

/**
 * Gives a server the definitions of a scenario, and has its runs ready.
 * @param beside how many executions play each run.
 * @param account the server's, in ARNs.
 */
export async function deployExample(
  address: Address,
  { definition, workflows = {}, runs, pattern }: ExampleScenario,
  beside: number,
  account = LOCAL_ACCOUNT,
): Promise<readonly Played[]> {
  const name = definition.replace('.asl.json', '');
  const files = { [name]: definition, ...workflows };
  const definitions = new Map<string, JsonObject>();
  for (const [workflow, file] of Object.entries(files)) {
    definitions.set(workflow, JSON.parse(JSON.stringify(readExample(file)).replaceAll(LOCAL_ACCOUNT, account)));
  }
  for (const [workflow, text] of definitions) await createWorkflow(address, workflow, text);
  return runs.map((run, i) => {
    const players = Array.from({ length: beside }, (_, n) => {
      return new ExamplePlayer(address, definitions, run, name, `${pattern}-${i + 1}-${n + 1}`);
    });
    return { label: labelOf(pattern, run), players };
  });
}

export function labelOf(pattern: string, { note }: ExampleRun): string {
  return `${pattern}: ${note}`;
}

/** How long to wait for what children do, or a start, ms. */
const PATIENCE_MS = 10_000;

class ExamplePlayer implements Player {
  readonly execution: Execution;
  readonly #run: ExampleRun;
  readonly #counted: ReadonlySet<string>;
  #view: View | undefined;

  constructor(
    address: Address,
    definitions: ReadonlyMap<string, JsonObject>,
    run: ExampleRun,
    workflow: string,
    name: string,
  ) {
    this.#run = run;
    this.execution = new Execution(address, workflow, name, (of) => definitions.get(of) ?? {});
    const states = [...definitions.values()].flatMap((definition) => statesOf(definition));
    const isCounted = ({ type, resource, isInMap }: (typeof states)[number]) =>
      type === 'Map' || (!isInMap && resource?.endsWith(':workItem') === true);
    this.#counted = new Set(states.filter(isCounted).map((state) => state.name));
  }

  get steps(): number {
    return this.#run.steps.length;
  }

  async play(index: number, times: number): Promise<void> {
    const step = this.#run.steps[index];
    if (step === undefined) return;
    const where = `step ${index + 1}, ${step.do} ${nameOf(step)}`;
    const send = this.#sender(step);
    const length = step.refused === true ? (await this.execution.history()).length : undefined;
    const answer = await send?.();
    for (let i = 1; i < times; i += 1) await send?.();
    const isRefused = answer === undefined || answer.status >= 400;
    if (isRefused !== (step.refused ?? false)) {
      throw new Deviation(`${where}: ${isRefused ? `it is refused: ${JSON.stringify(answer)}` : 'it is not refused'}`);
    }
    if (length !== undefined && (await this.execution.history()).length !== length) {
      throw new Deviation(`${where}: it is refused, and something has happened`);
    }
    const before = this.#view;
    await this.#check(step, where, isRefused ? before : undefined);
  }

  async stillSo(index: number): Promise<void> {
    const step = this.#run.steps[index];
    if (step !== undefined) await this.#check(step, `later than step ${index + 1}`, this.#view);
  }

  async checkEnd(): Promise<void> {
    const { completed, discarded = 0 } = this.#run;
    const counts = [...(await this.execution.completions())].filter(([name]) => {
      return this.#counted.has(name.split('/').at(-1) ?? '');
    });
    const [is, wanted] = [counts, Object.entries(completed)].map((entries) => JSON.stringify([...entries].sort()));
    if (is !== wanted) throw new Deviation(`completed in total: ${is} instead of ${wanted}`);
    const lost = await this.execution.discarded();
    if (lost !== discarded) throw new Deviation(`${lost} events are discarded instead of ${discarded}`);
  }

  /** How the command is sent; `undefined`: it is about something that has never been there. */
  #sender(step: ExampleStep): (() => Promise<Answer>) | undefined {
    const { execution } = this;
    switch (step.do) {
      case 'start':
        return () => execution.start(this.#run.input ?? {});
      case 'stop':
        return () => execution.stop();
      case 'event': {
        const id = execution.newId();
        return () => execution.send(step.event ?? '', step.payload ?? {}, id);
      }
      case 'add': {
        const id = execution.newId();
        return () => execution.add(step.state ?? '', step.items ?? [], id);
      }
      case 'begin':
        return this.#about(step, 'offered', (item) => execution.begin(item));
      case 'complete':
        return this.#about(step, 'started', (item) => execution.complete(item, step.output ?? {}));
      case 'fail':
        return this.#about(step, 'started', (item) => execution.fail(item, step.error ?? 'Failed'));
      case 'return':
        return this.#about(step, 'started', (item) => execution.giveBack(item));
    }
  }

  #about(
    step: ExampleStep,
    prefers: 'offered' | 'started',
    send: (item: OpenItem) => Promise<Answer>,
  ): (() => Promise<Answer>) | undefined {
    const item = this.#view && this.execution.item(this.#view, nameOf(step), prefers);
    return item && (() => send(item));
  }

  /** @param unchanged what is open must be what was open then. */
  async #check(step: ExampleStep, where: string, unchanged: View | undefined): Promise<void> {
    const difference = (view: View) => differenceOf(view, step, unchanged);
    const isRight = (view: View) => difference(view) === undefined && !view.isMoving && hasBegun(view);
    this.#view = await settled(this.execution, isRight, { ms: PATIENCE_MS, always: step.do === 'start' });
    const wrong = difference(this.#view);
    if (wrong !== undefined) throw new Deviation(`${where}: ${wrong}`);
  }
}

/** As `View.open` names it. */
function nameOf({ child, state = '', item }: ExampleStep): string {
  return `${child === undefined ? '' : `${child}/`}${state}${item === undefined ? '' : `#${item}`}`;
}

function differenceOf(view: View, step: ExampleStep, unchanged: View | undefined): string | undefined {
  const sets = [
    ['open', [...view.open.keys()], step.open ?? (unchanged && [...unchanged.open.keys()])],
    ['waiting for an event', [...new Set(view.waiting)], step.waiting],
    ['its status', [view.status], step.status === undefined ? undefined : [step.status]],
    ['its error', [view.error ?? ''], step.error === undefined || step.do === 'fail' ? undefined : [step.error]],
  ] as const;
  for (const [what, is, wanted] of sets) {
    if (wanted === undefined || [...is].sort().join() === [...wanted].sort().join()) continue;
    return `${what}: [${is.join(', ')}] instead of [${wanted.join(', ')}]`;
  }
  return undefined;
}
