import type { OfferedTask, TakenTask } from '../../../lib/execution/activities.ts';
import { eraseExecution } from '../../../lib/execution/erasure.ts';
import type { Workflow } from '../../../lib/execution/workflows.ts';
import { executionArn } from '../../../lib/model/arn.ts';
import type { Command } from '../../../lib/model/command.ts';
import type { TaskAssignment } from '../../../lib/model/effect.ts';
import type { Json } from '../../../lib/model/json.ts';
import { readTaskToken } from '../../../lib/model/task-token.ts';
import type { Clock } from '../../../lib/ports/clock.ts';
import type { PastState } from '../../../lib/state/past.ts';
import type { StateManager } from '../../../lib/state/state-manager.ts';
import type { Dice } from './dice.ts';
import { type Process, place } from './process.ts';
import { EVENT } from './random-net.ts';
import { ACTIVITY } from './random-state.ts';
import { INPUT } from './random-workflow.ts';
import type { Witness } from './witness.ts';

export interface OutsideParts {
  readonly clock: Clock;
  readonly dice: Dice;
  readonly witness: Witness;
  readonly processes: () => readonly Process[];
}

const WORKER_MS = 3_000;
const PATIENCE_MS = 60_000;

/** Clients, workers, and people: they ask some process, and another one if there is no answer. */
export class Outside {
  /** Executions whose start was confirmed to a client. */
  readonly started = new Set<string>();
  /** Executions whose payloads are gone, as a client was told. */
  readonly erased = new Set<string>();
  readonly #parts: OutsideParts;

  constructor(parts: OutsideParts) {
    this.#parts = parts;
  }

  async start(workflow: Workflow, name: string, input: Json, run: boolean): Promise<void> {
    const answer = await this.#insist(({ engine }) => engine.start({ workflow, name, input }, { run }), true);
    if (answer !== undefined) this.started.add(executionArn(place, workflow.name, name));
  }

  stop(execution: string): Promise<unknown> {
    return this.#insist(({ engine }) => engine.deliver(execution, { type: 'StopExecution', error: 'Stopped' }), true);
  }

  /** Whether the execution can be redriven or not. */
  async redrive(execution: string, clientToken: string): Promise<void> {
    const outcome = await this.#insist(({ engine }) => engine.redrive({ execution, clientToken }), true);
    if (outcome?.kind === 'redriven') this.#parts.witness.changes.answered(execution, 'ExecutionRedriven');
  }

  async suspend(execution: string): Promise<void> {
    const outcome = await this.#insist(({ engine }) => engine.suspend(execution, 'Wait.'), true);
    if (outcome === 'done') this.#parts.witness.changes.answered(execution, 'ExecutionSuspended');
  }

  async resume(execution: string): Promise<void> {
    const outcome = await this.#insist(({ engine }) => engine.resume(execution));
    if (outcome === 'done') this.#parts.witness.changes.answered(execution, 'ExecutionResumed');
  }

  /** Another one goes on from some moment of it. */
  async fork(execution: string, name: string): Promise<void> {
    const { dice, witness } = this.#parts;
    const draw = dice.fraction();
    const isForked = await this.#insist(async ({ engine, states }) => {
      const past = await momentOf(states, execution, draw);
      if (past === undefined || past.state.status !== 'RUNNING') return false;
      const { workflow } = past.state.identity;
      const identity = { id: executionArn(place, workflow.name, name), name, workflow };
      return (await engine.fork({ past, identity, input: INPUT })).kind === 'forked';
    }, true);
    const workflow = witness.stateOf(execution)?.identity.workflow.name;
    if (isForked === true && workflow !== undefined) this.started.add(executionArn(place, workflow, name));
  }

  /** It goes on with another definition, if what is open fits into that. */
  async migrate(execution: string, revision: string): Promise<void> {
    const { witness } = this.#parts;
    const roleArn = witness.stateOf(execution)?.identity.workflow.roleArn ?? '';
    const outcome = await this.#insist(({ engine }) => engine.migrate({ execution, to: { revision, roleArn } }), true);
    if (outcome?.kind === 'migrated') witness.changes.answered(execution, 'ExecutionMigrated');
  }

  /** Once it has closed. */
  async erase(execution: string): Promise<void> {
    const outcome = await this.#insist(
      ({ states, life: { clock } }) => eraseExecution({ states, clock }, execution),
      true,
    );
    if (outcome !== 'erased') return;
    this.erased.add(execution);
    this.#parts.witness.changes.answered(execution, 'PayloadsErased');
  }

  /** As the API does it: only what is open is told. */
  async tell(execution: string, id: string): Promise<void> {
    if (this.#parts.witness.stateOf(execution)?.status !== 'RUNNING') return;
    await this.#insist(
      ({ engine }) => engine.deliver(execution, { type: 'SendEvent', id, name: EVENT, payload: { told: id } }),
      true,
    );
  }

  /** A task waits for a worker or a person. */
  offered(task: TaskAssignment): void {
    if (task.resource.kind === 'workItem') void this.#attend(task);
    else this.#workerComes();
  }

  /** Somebody answers a token, after some heartbeats, or not at all. */
  async answer(token: string): Promise<void> {
    const { dice } = this.#parts;
    const claim = readTaskToken(token);
    if (claim === undefined) throw new Error(`No token: ${token}`);
    const { execution, activation, attempt } = claim;
    const about = { activation, attempt };
    for (let beats = dice.below(4); beats > 0; beats -= 1) {
      await this.#time(dice.below(30_000));
      await this.#insist(({ engine }) => engine.deliver(execution, { type: 'TaskHeartbeat', ...about }));
    }
    await this.#time(dice.below(60_000));
    if (dice.chance(0.15)) return;
    const command: Deliverable = dice.chance(0.2)
      ? { type: 'TaskFailed', ...about, reason: 'failed', error: 'Error' }
      : { type: 'TaskSucceeded', ...about, output: { answered: token } };
    const work = this.#parts.witness.stateOf(execution)?.activations.get(activation)?.work;
    if (work?.kind !== 'task' || work.token !== token) return;
    await this.#insist(({ engine }) => engine.deliver(execution, command), true);
    // Clients try again when they have not understood the answer, and are slow.
    if (!dice.chance(0.2)) return;
    await this.#time(dice.below(40_000));
    await this.#insist(({ engine }) => engine.deliver(execution, command));
  }

  /** A person looks after a work item until it is done or gone. */
  async #attend({ execution, activation, token }: TaskAssignment): Promise<void> {
    const { dice, witness } = this.#parts;
    for (;;) {
      await this.#time(dice.below(PATIENCE_MS));
      const state = witness.stateOf(execution);
      const offer = state?.offers.get(activation);
      const work = state?.activations.get(activation)?.work;
      const isOffered = offer?.task?.token === token;
      if (token === undefined || (!isOffered && !(work?.kind === 'task' && work.token === token))) return;
      const attempt = work?.kind === 'task' ? work.attempt : 1;
      const command = this.#handle({ activation, attempt }, token, work?.kind !== 'task' || work.stage === 'scheduled');
      const isEnd = command.type === 'TaskSucceeded' || command.type === 'TaskFailed';
      await this.#insist(({ engine }) => engine.deliver(execution, command), isEnd);
      // What was accepted needs nobody who comes once more.
      if (isEnd && witness.facts.acceptedAt(execution, `${activation}.${attempt}.ended`) !== undefined) return;
    }
  }

  #handle(about: { activation: number; attempt: number }, token: string, isOffered: boolean): Deliverable {
    const { dice } = this.#parts;
    const draw = dice.fraction();
    if (isOffered && draw < 0.5) return { type: 'TaskStarted', ...about, worker: 'anna' };
    if (!isOffered && draw < 0.2) return { type: 'TaskFailed', ...about, reason: 'failed', error: 'Error' };
    if (!isOffered && draw < 0.3) return { type: 'TaskReturned', ...about };
    return { type: 'TaskSucceeded', ...about, output: { answered: token }, worker: 'anna' };
  }

  #workerComes(): void {
    const { clock, dice } = this.#parts;
    clock.after(dice.below(WORKER_MS), () => void this.#takeActivity());
  }

  async #takeActivity(): Promise<void> {
    const processes = this.#parts.processes();
    if (processes.length === 0) return this.#workerComes();
    const process = this.#parts.dice.pick(processes);
    const taken = process.activities.take(ACTIVITY, 'anna', 0, {
      standing: async (offer) => ((await isWaiting(process, offer)) ? 'waits' : 'gone'),
      start: async () => 'refused',
    });
    const answer = await Promise.race([taken, process.life.died.then(() => 'died' as const)]).catch(
      () => 'died' as const,
    );
    if (answer === 'died') return this.#workerComes();
    if (answer === undefined) return;
    await this.#insist(({ engine }) => engine.wake(answer.execution));
    await this.answer((answer satisfies TakenTask).token);
  }

  async #insist<T>(request: (process: Process) => Promise<T>): Promise<T>;
  /** @param mayGiveUp after a while without an answer. */
  async #insist<T>(request: (process: Process) => Promise<T>, mayGiveUp: boolean): Promise<T | undefined>;
  async #insist<T>(request: (process: Process) => Promise<T>, mayGiveUp = false): Promise<T | undefined> {
    for (;;) {
      const processes = this.#parts.processes();
      if (processes.length > 0) {
        const process = this.#parts.dice.pick(processes);
        const answer = request(process).then(
          (value) => ({ value }),
          () => undefined,
        );
        const settled = await Promise.race([answer, process.life.died]);
        if (settled !== undefined) return settled.value;
        if (mayGiveUp && this.#parts.dice.chance(0.6)) return undefined;
      }
      await this.#time(1_000);
    }
  }

  #time(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#parts.clock.after(ms, resolve);
    });
  }
}

type Deliverable = Exclude<Command, { type: 'StartExecution' | 'Wake' }>;

/** @param draw which moment, from 0 to 1; rather its end, if it has failed. */
async function momentOf(states: StateManager, execution: string, draw: number): Promise<PastState | undefined> {
  const live = await states.load(execution);
  if (live === undefined) return undefined;
  const { status } = live.state;
  if (status !== 'RUNNING' && status !== 'SUCCEEDED' && draw < 0.5) {
    return { ...(await states.past.beforeEnd(execution, live.number)), commit: live.number, at: 0 };
  }
  return states.past.at(execution, { commit: Math.floor(draw * (live.number + 1)) });
}

async function isWaiting({ states }: Process, { execution, activation, token }: OfferedTask): Promise<boolean> {
  const work = (await states.load(execution))?.state.activations.get(activation)?.work;
  return work?.kind === 'task' && work.stage === 'scheduled' && work.token === token;
}
