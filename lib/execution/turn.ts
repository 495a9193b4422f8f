import type { Command, TaskCommand } from '../model/command.ts';
import { decide } from '../model/decide.ts';
import { nextDue } from '../model/due.ts';
import type { Effect, InvokeTask, TaskAssignment } from '../model/effect.ts';
import { isOutstanding, outstanding } from '../model/effects.ts';
import type { Occasion } from '../model/environment.ts';
import type { ExecutionEvent } from '../model/event.ts';
import type { TaskOutcome } from '../ports/task-invoker.ts';
import type { LiveExecution } from '../state/state-manager.ts';
import { Alarm } from './alarm.ts';
import { isDeferrable, startsWork } from './durability.ts';
import { closingFact, factOf, type PendingCommand, readFact } from './facts.ts';
import type { EngineParts } from './parts.ts';

/** How a turn ended. */
export type TurnEnd =
  | { readonly kind: 'closed' }
  /** Nothing can be done before something comes from outside, or time passes. */
  | { readonly kind: 'idle' }
  /** Work is left that this turn may no longer start. */
  | { readonly kind: 'unfinished' }
  /** Somebody else runs the execution until then, ms since the epoch. */
  | { readonly kind: 'leased'; readonly until: number }
  /** The state in hand turned out to be old: load it again. */
  | { readonly kind: 'outdated' };

/** Unsaved events of idempotent tasks are written at the latest after so many events, or so many ms of waiting. */
const MAX_UNSAVED_EVENTS = 128;
const MAX_UNSAVED_MS = 100;

/**
 * One turn of one execution: decide, commit, carry out effects, take the results as commands, until nothing is left
 * that can be done here. What arrives while a commit is under way goes together into the next one.
 *
 * Whatever is in flight when a turn or its process dies is found again by the next one: effects follow from the state.
 */
export class Turn {
  readonly #parts: EngineParts;
  readonly #live: LiveExecution;
  readonly #occasion: () => Occasion;
  readonly #startUntil: number;
  readonly #mailbox: PendingCommand[] = [];
  readonly #inFlight = new Map<
    string,
    { readonly task: TaskAssignment; readonly abort: AbortController; readonly idempotent: boolean }
  >();
  readonly #alarm: Alarm;
  #effects: Effect[] = [];
  #unsaved: ExecutionEvent[] = [];
  /** Commands whose outcome is in `#unsaved`. */
  #applied: PendingCommand[] = [];
  #mustSave = false;
  #inboxRung = false;
  #unfinished = false;
  #outdated = false;
  #windingDown = false;
  #fault: unknown;

  constructor(parts: EngineParts, live: LiveExecution) {
    this.#parts = parts;
    this.#live = live;
    this.#alarm = new Alarm(parts.clock);
    this.#startUntil = parts.clock.now() + parts.policy.startForMs;
    const random32 = () => parts.ids.random32();
    this.#occasion = () => ({ at: parts.clock.now(), random32 });
  }

  /** Something new may be in the inbox. */
  nudge(): void {
    this.#inboxRung = true;
    this.#alarm.ring();
  }

  /** @param effects of the decision just committed; absent: the turn takes over, and finds out what is to be done. */
  async run(effects?: readonly Effect[]): Promise<TurnEnd> {
    const { lease, plan, state } = this.#live;
    const { policy, clock } = this.#parts;
    if (!policy.exclusive && lease !== undefined && lease.owner !== policy.owner && lease.until > clock.now()) {
      return { kind: 'leased', until: lease.until };
    }
    this.#inboxRung = effects === undefined;
    this.#effects = [...(effects ?? outstanding(plan, state))];
    this.#mailbox.push({ command: { type: 'Wake' } });
    try {
      return await this.#loop();
    } catch (fault) {
      await this.#giveUp();
      throw fault;
    } finally {
      this.#alarm.cancel();
    }
  }

  /** Starts nothing more; ends once what is in flight has ended. */
  windDown(): void {
    this.#windingDown = true;
    this.#alarm.ring();
  }

  /** A nudge came that the turn has not acted on. */
  get isRung(): boolean {
    return this.#inboxRung;
  }

  async #loop(): Promise<TurnEnd> {
    for (;;) {
      if (this.#inboxRung) await this.#readInbox();
      this.#decideAll();
      if (this.#fault !== undefined) throw this.#fault;
      if (this.#shouldCommit() && !(await this.#commit())) return this.#giveUp();
      await this.#carryOut();
      if (this.#mailbox.length > 0 || this.#inboxRung) continue;
      if (this.#live.state.status !== 'RUNNING' && this.#unsaved.length === 0) return { kind: 'closed' };
      if (this.#inFlight.size > 0) await this.#somethingHappens();
      else if (this.#unsaved.length > 0) this.#mustSave = true;
      else if (!(await this.#readInbox())) return { kind: this.#unfinished ? 'unfinished' : 'idle' };
    }
  }

  /** Takes facts out of the inbox; true if there were any. */
  async #readInbox(): Promise<boolean> {
    this.#inboxRung = false;
    const facts = await this.#parts.inbox.facts(this.#live.id);
    const known = new Set([...this.#mailbox, ...this.#applied].map(({ fact }) => fact));
    for (const fact of facts) if (!known.has(fact.id)) this.#mailbox.push(readFact(fact));
    return this.#mailbox.length > 0;
  }

  #decideAll(): void {
    const { plan } = this.#live;
    for (let pending = this.#mailbox.shift(); pending !== undefined; pending = this.#mailbox.shift()) {
      if (!isDeferrable(this.#live, pending.command)) this.#mustSave = true;
      const decision = decide(plan, this.#live.state, pending.command, this.#occasion());
      this.#live.state = decision.state;
      this.#unsaved.push(...decision.events);
      this.#effects.push(...decision.effects);
      if (pending.fact !== undefined || decision.events.length > 0) this.#applied.push(pending);
      if (!decision.more) continue;
      this.#mailbox.push({ command: { type: 'Wake' } });
      return;
    }
  }

  #shouldCommit(): boolean {
    if (this.#needsLease()) return true;
    if (this.#unsaved.length === 0) return this.#applied.some(({ fact }) => fact !== undefined);
    if (this.#live.state.status !== 'RUNNING' || this.#unsaved.length >= MAX_UNSAVED_EVENTS) return true;
    return this.#mustSave || this.#effects.some((effect) => effect.type !== 'InvokeTask' || !effect.idempotent);
  }

  /** Whether a task is about to start, or goes on, for which this process must hold the lease. */
  #needsLease(): boolean {
    const { policy, clock } = this.#parts;
    if (policy.exclusive || !this.#holdsWork()) return false;
    const { lease } = this.#live;
    return lease?.owner !== policy.owner || lease.until - clock.now() < policy.leaseMs / 2;
  }

  #holdsWork(): boolean {
    const starting = this.#mayStart() && this.#effects.some((effect) => startsWork(effect) && !effect.idempotent);
    return starting || [...this.#inFlight.values()].some(({ idempotent }) => !idempotent);
  }

  #mayStart(): boolean {
    return !this.#windingDown && this.#parts.clock.now() < this.#startUntil;
  }

  /** Writes what is unsaved, and with it takes, keeps or gives up the lease. False: somebody else has written. */
  async #commit(): Promise<boolean> {
    const { states, policy, clock } = this.#parts;
    const live = this.#live;
    const events = this.#unsaved;
    const applied = this.#applied;
    const holds = !policy.exclusive && this.#holdsWork();
    this.#mustSave = false;
    // Facts that change nothing need no commit, if the state they change nothing in is the present one.
    if (events.length > 0 || this.#needsLease()) {
      const lease = holds ? { owner: policy.owner, until: clock.now() + policy.leaseMs } : undefined;
      if ((await states.commit(live, events, lease)) === 'conflict') return false;
    } else if (!live.isCurrent) return false;
    this.#unsaved = [];
    this.#applied = [];
    const done = applied.flatMap(({ fact }) => (fact === undefined ? [] : [fact]));
    if (done.length > 0) await this.#parts.inbox.discard(live.id, done);
    return true;
  }

  /** The state in hand is old. Results in hand must not be lost with it: they go into the inbox, like facts from outside. */
  async #giveUp(): Promise<TurnEnd> {
    this.#outdated = true;
    for (const { command, fact } of this.#applied) if (fact === undefined) await this.#deposit(command);
    return { kind: 'outdated' };
  }

  async #deposit(command: Command): Promise<void> {
    const fact = factOf(command, this.#parts.clock.now());
    if (fact !== undefined) await this.#parts.inbox.deposit(this.#live.id, fact);
  }

  async #carryOut(): Promise<void> {
    const effects = this.#effects;
    if (effects.length === 0) return;
    this.#effects = [];
    const slow: Promise<void>[] = [];
    for (const effect of effects) {
      if (this.#isAnswered(effect)) continue;
      if (effect.type === 'InvokeTask') this.#invoke(effect);
      else slow.push(this.#carryOutSlowly(effect));
    }
    if (slow.length > 0) await Promise.all(slow);
  }

  /** What the inbox held may have answered a task that this turn found outstanding when it took over. */
  #isAnswered(effect: Effect): boolean {
    if (effect.type !== 'InvokeTask' && effect.type !== 'OfferTask') return false;
    return !isOutstanding(this.#live.plan, this.#live.state, effect.task);
  }

  async #carryOutSlowly(effect: Exclude<Effect, InvokeTask>): Promise<void> {
    const { offers, invoker, inbox, queue } = this.#parts;
    switch (effect.type) {
      case 'OfferTask':
        return offers.offer(effect.task);
      case 'CancelTask': {
        this.#inFlight.get(attemptKey(effect.task))?.abort.abort();
        if (effect.task.resource.kind === 'activity') return offers.withdraw(effect.task);
        return invoker.cancel?.(effect.task);
      }
      case 'NotifyParent':
        await inbox.deposit(
          effect.parent.execution,
          closingFact(this.#live.state, effect.parent, this.#parts.clock.now()),
        );
        return queue.send([{ execution: effect.parent.execution, group: this.#live.state.identity.workflow.name }]);
    }
  }

  #invoke(effect: InvokeTask): void {
    const { task, idempotent } = effect;
    const key = attemptKey(task);
    if (this.#inFlight.has(key)) return;
    if (!this.#mayStart()) {
      this.#unfinished = true;
      return;
    }
    const abort = new AbortController();
    this.#inFlight.set(key, { task, abort, idempotent });
    this.#parts.invoker.invoke(task, abort.signal).then(
      (outcome) => this.#returned(key, commandOf(task, outcome)),
      (fault: unknown) => {
        if (!abort.signal.aborted) this.#fault ??= fault;
        this.#returned(key, undefined);
      },
    );
  }

  #returned(key: string, command: PendingCommand['command'] | undefined): void {
    this.#inFlight.delete(key);
    if (command !== undefined) {
      if (this.#outdated) {
        this.#deposit(command).catch((error: unknown) => {
          const message = 'The result of a task came after its turn and could not be kept; the task will run again.';
          this.#parts.telemetry.log('warn', message, { execution: this.#live.id, error });
        });
        return;
      }
      this.#mailbox.push({ command });
    }
    this.#alarm.ring();
  }

  /** Waits for a result, a nudge, or a moment: something due, the lease to renew, events to save. */
  async #somethingHappens(): Promise<void> {
    const now = this.#parts.clock.now();
    const due = nextDue(this.#live.state);
    const { lease } = this.#live;
    const renewal =
      lease === undefined || this.#parts.policy.exclusive ? undefined : lease.until - this.#parts.policy.leaseMs / 2;
    const save = this.#unsaved.length > 0 ? now + MAX_UNSAVED_MS : undefined;
    const reason = await this.#alarm.wait(earliest(due, renewal, save));
    if (reason === 'rung') return;
    if (save !== undefined) this.#mustSave = true;
    if (due !== undefined && due <= this.#parts.clock.now()) this.#mailbox.push({ command: { type: 'Wake' } });
  }
}

function attemptKey({ activation, attempt }: TaskAssignment): string {
  return `${activation}.${attempt}`;
}

function earliest(...moments: readonly (number | undefined)[]): number | undefined {
  const known = moments.filter((moment) => moment !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

function commandOf(task: TaskAssignment, outcome: TaskOutcome): TaskCommand {
  const { activation, attempt } = task;
  switch (outcome.kind) {
    case 'succeeded':
      return { type: 'TaskSucceeded', activation, attempt, output: outcome.output };
    case 'submitted':
      return { type: 'TaskSubmitted', activation, attempt, output: outcome.output };
    case 'failed': {
      const { error, cause, reason } = outcome;
      return { type: 'TaskFailed', activation, attempt, reason, error, ...(cause === undefined ? {} : { cause }) };
    }
  }
}
