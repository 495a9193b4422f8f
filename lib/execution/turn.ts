import { decide } from '../model/decide.ts';
import { HEAVY_DECISION } from '../model/draft.ts';
import { nextDue } from '../model/due.ts';
import type { Effect, InvokeTask, TaskAssignment } from '../model/effect.ts';
import { isCall, isOutstanding, isSuspended, outstanding } from '../model/effects.ts';
import type { Limits, Occasion } from '../model/environment.ts';
import type { ExecutionEvent } from '../model/event.ts';
import type { Lease } from '../ports/event-store.ts';
import type { LiveExecution } from '../state/state-manager.ts';
import { Alarm, earliest } from './alarm.ts';
import { isDeferrable, startsWork } from './durability.ts';
import { type Errand, runErrand } from './errands.ts';
import { depositCommand, type PendingCommand, readFact, readFacts } from './facts.ts';
import { attemptKey, type Flights } from './flights.ts';
import type { Gathering } from './gathering.ts';
import type { EngineParts } from './parts.ts';
import { WaitingPermits } from './permits.ts';
import { Questions } from './questions.ts';

/** How a turn ended. */
export type TurnEnd =
  | { readonly kind: 'closed' }
  /** Nothing can be done before something comes from outside, or time passes. */
  | { readonly kind: 'idle' }
  /** Work is left that this turn may no longer start. */
  | { readonly kind: 'unfinished' }
  /** Somebody else runs the execution until then, ms since the epoch. */
  | { readonly kind: 'leased'; readonly until: number }
  /** The state in hand turned out to be old: load it again. `wasBeaten`: another process has just written. */
  | { readonly kind: 'outdated'; readonly wasBeaten: boolean };

export interface TurnContext {
  /** Of the execution: what turns before this one left under way, and what this one calls. */
  readonly flights: Flights;
  readonly gathering: Gathering;
  /** Absent: nothing is limited. */
  readonly limits?: Limits | undefined;
  /** Has another execution looked at soon. */
  readonly wake: (execution: string) => Promise<void>;
  /** These facts have left the inbox; what came of them is in the log. */
  readonly settled: (facts: readonly string[]) => void;
}

/** Unsaved events of idempotent tasks are written at the latest after so many events, or so many ms of waiting. */
const MAX_UNSAVED_EVENTS = 128;
const MAX_UNSAVED_MS = 100;
/** For so long, ms, a turn that has seen the end of the log calls idempotent tasks without a look: the execution may have been suspended since. */
const FRESH_MS = 500;

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
  readonly #flights: Flights;
  readonly #wake: (execution: string) => Promise<void>;
  readonly #settled: (facts: readonly string[]) => void;
  readonly #questions: Questions;
  readonly #permits: WaitingPermits;
  readonly #gathering: Gathering;
  #mailbox: PendingCommand[] = [];
  readonly #alarm: Alarm;
  #effects: (InvokeTask | Errand)[] = [];
  #unsaved: ExecutionEvent[] = [];
  /** Of the decisions in it. */
  #weight = 0;
  /** Commands whose outcome is in `#unsaved`. */
  #applied: PendingCommand[] = [];
  #mustSave = false;
  #inboxRung = false;
  #nudgedSince = false;
  #unfinished = false;
  #windingDown = false;
  #leavesLease = false;
  /** When the log went no further than the state in hand, ms since the epoch. */
  #freshAt: number;
  #fault: unknown;

  constructor(parts: EngineParts, live: LiveExecution, { flights, gathering, limits, wake, settled }: TurnContext) {
    this.#parts = parts;
    this.#live = live;
    this.#flights = flights;
    this.#gathering = gathering;
    this.#wake = wake;
    this.#settled = settled;
    this.#questions = new Questions(live);
    this.#permits = new WaitingPermits(parts.pools);
    this.#alarm = new Alarm(parts.clock);
    this.#freshAt = parts.clock.now();
    this.#startUntil = this.#freshAt + parts.policy.startForMs;
    const random32 = () => parts.ids.random32();
    const lent = limits === undefined ? { random32 } : { random32, limits };
    this.#occasion = () => ({ at: parts.clock.now(), ...lent });
  }

  /** Something new may be in the inbox. */
  nudge(): void {
    this.#inboxRung = true;
    this.#permits.ring();
    this.#nudgedSince = true;
    this.#alarm.ring();
  }

  /** @param effects of the decision just committed; absent: the turn takes over, and finds out what is to be done. */
  async run(effects?: readonly Effect[]): Promise<TurnEnd> {
    const { lease, plan, state } = this.#live;
    const { policy, clock } = this.#parts;
    if (!policy.exclusive && lease !== undefined && lease.owner !== policy.owner && lease.until > clock.now()) {
      return { kind: 'leased', until: lease.until };
    }
    if (effects === undefined) this.#inboxRung = true;
    const now = clock.now();
    this.#toDo(effects ?? outstanding(plan, state).filter((effect) => !this.#questions.isEarly(effect, now)));
    this.#mailbox.push({ command: { type: 'Wake' } });
    this.#flights.listen({
      landed: (command, askAfterMs) => {
        if (askAfterMs !== undefined) this.#questions.askAt(command, clock.now() + askAfterMs);
        this.#push({ command });
      },
      heldBack: (task, afterMs) => {
        this.#questions.askAt(task, clock.now() + afterMs);
        this.#alarm.ring();
      },
      failed: (fault) => {
        this.#fault ??= fault;
        this.#alarm.ring();
      },
    });
    try {
      if (effects === undefined && !(await this.#takeOver())) return await this.#giveUp(false);
      return await this.#loop();
    } catch (fault) {
      await this.#giveUp(false);
      throw fault;
    } finally {
      this.#flights.listen(undefined);
      this.#alarm.cancel();
    }
  }

  /** False: other processes have left the state in hand behind. */
  async #takeOver(): Promise<boolean> {
    const { states } = this.#parts;
    const live = this.#live;
    const [isLatest] = await Promise.all([
      live.isCurrent || states.isLatest(live),
      this.#inboxRung ? this.#readInbox() : undefined,
    ]);
    if (isLatest) this.#flights.retain((task) => isOutstanding(live.plan, live.state, task));
    return isLatest;
  }

  #push(pending: PendingCommand): void {
    this.#mailbox.push(pending);
    this.#alarm.ring();
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

  /**
   * A nudge came after the turn last found the state in hand to be the latest, whether the turn has acted on it or not:
   * another process may have written, and have sent the message that became the nudge.
   */
  get wasNudgedSince(): boolean {
    return this.#nudgedSince;
  }

  async #loop(): Promise<TurnEnd> {
    for (;;) {
      if (this.#inboxRung) await this.#readInbox();
      this.#decideAll();
      if (this.#fault !== undefined) throw this.#fault;
      if (this.#permits.isRung(this.#live) && (await this.#askPermits())) continue;
      // Before the commit, which takes the lease that those need which were held back.
      const again = this.#questions.take(this.#parts.clock.now());
      this.#toDo(again);
      if (this.#shouldCommit()) {
        if (!(await this.#commit())) return this.#giveUp(true);
        // A write that took long may have left too little of the lease to start anything.
        if (this.#needsLease()) continue;
      } else if (again.some(isCall) && !(await this.#parts.states.isLatest(this.#live))) {
        // It may have been suspended while the call was held back.
        return this.#giveUp(true);
      }
      await this.#carryOut();
      // A nudge that came meanwhile stays for the next turn: the execution may have been redriven, by another process.
      if (this.#isClosed()) return { kind: 'closed' };
      // A call may have failed while a commit was under way, and nothing else wait for this turn.
      if (this.#mailbox.length > 0 || this.#inboxRung || this.#fault !== undefined) continue;
      if (this.#flights.size > 0) await this.#somethingHappens();
      else if (this.#unsaved.length > 0) this.#mustSave = true;
      else if (!(await this.#gather()) && !this.#holdsInVain() && !(await this.#readInbox()))
        return { kind: this.#unfinished ? 'unfinished' : 'idle' };
    }
  }

  /** Permits are asked for before the commit; everything else is done after it. */
  #toDo(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type === 'AcquirePermits') this.#permits.ring();
      else this.#effects.push(effect);
    }
  }

  async #askPermits(): Promise<boolean> {
    for (const { activation, attempt } of await this.#permits.ask(this.#live)) {
      this.#mailbox.push({ command: { type: 'PermitsGranted', activation, attempt } });
    }
    return this.#mailbox.length > 0;
  }

  #isClosed(): boolean {
    return this.#live.state.status !== 'RUNNING' && this.#unsaved.length === 0 && this.#mailbox.length === 0;
  }

  /** Takes facts out of the inbox; true if there were any. What was accepted goes before what has fallen due meanwhile. */
  async #readInbox(): Promise<boolean> {
    this.#inboxRung = false;
    const facts = await readFacts(this.#parts, this.#live.id);
    if (facts.length > 0) this.#gathering.found();
    const known = new Set([...this.#mailbox, ...this.#applied].map(({ fact }) => fact));
    this.#mailbox = [...facts.filter(({ id }) => !known.has(id)).map(readFact), ...this.#mailbox];
    return this.#mailbox.length > 0;
  }

  /** Lets facts come together before the next look, or gives up the lease that keeps them for this turn. False: there is none. */
  async #gather(): Promise<boolean> {
    if (this.#gathering.leaseMs === undefined || !this.#ownsLease()) return false;
    const pause = this.#mayStart() ? this.#gathering.pause() : undefined;
    if (pause === undefined) {
      this.#gathering.letGo();
      return true;
    }
    await this.#alarm.wait(this.#parts.clock.now() + pause);
    this.#inboxRung = true;
    return true;
  }

  /**
   * Whether the lease outlasts the time at which a task that was held back is to be called: whoever is woken then must not
   * be kept away. The next commit gives it up.
   */
  #holdsInVain(): boolean {
    const again = this.#questions.next();
    const { lease } = this.#live;
    this.#leavesLease = again !== undefined && lease !== undefined && this.#ownsLease() && again < lease.until;
    return this.#leavesLease;
  }

  #ownsLease(): boolean {
    const { policy, clock } = this.#parts;
    const { lease } = this.#live;
    return !policy.exclusive && lease?.owner === policy.owner && lease.until > clock.now();
  }

  #decideAll(): void {
    const { plan } = this.#live;
    for (let pending = this.#mailbox.shift(); pending !== undefined; pending = this.#mailbox.shift()) {
      if (!isDeferrable(this.#live, pending.command)) this.#mustSave = true;
      const { command } = pending;
      const decision = decide(plan, this.#live.state, command, this.#occasion());
      if (pending.fact === undefined && 'attempt' in command) this.#flights.decided(command);
      this.#live.state = decision.state;
      this.#unsaved.push(...decision.events);
      this.#toDo(decision.effects);
      if (pending.fact !== undefined || decision.events.length > 0) this.#applied.push(pending);
      this.#weight += decision.weight;
      if (decision.more) this.#mailbox.push({ command: { type: 'Wake' } });
      else if (this.#weight < HEAVY_DECISION) continue;
      this.#mustSave = true;
      return;
    }
  }

  #shouldCommit(): boolean {
    if (this.#needsLease() || this.#leavesLease || this.#gathering.isLettingGo) return true;
    if (this.#unsaved.length === 0) return this.#applied.some(({ fact }) => fact !== undefined);
    if (this.#live.state.status !== 'RUNNING' || this.#unsaved.length >= MAX_UNSAVED_EVENTS) return true;
    if (this.#mustSave || this.#effects.some((effect) => effect.type !== 'InvokeTask' || !effect.idempotent))
      return true;
    return this.#effects.length > 0 && this.#parts.clock.now() - this.#freshAt > FRESH_MS;
  }

  /** Whether a task is about to start, or goes on, for which this process must hold the lease. */
  #needsLease(): boolean {
    const { policy, clock } = this.#parts;
    if (policy.exclusive || !this.#holdsWork()) return false;
    const { lease } = this.#live;
    return lease?.owner !== policy.owner || lease.until - clock.now() <= policy.leaseMs / 2;
  }

  #holdsWork(): boolean {
    const starting = this.#mayStart() && this.#effects.some((effect) => startsWork(effect) && !effect.idempotent);
    return starting || this.#flights.needLease;
  }

  #mayStart(): boolean {
    return !this.#windingDown && this.#parts.clock.now() < this.#startUntil;
  }

  /** Writes what is unsaved, and with it takes, keeps or gives up the lease. False: somebody else has written. */
  async #commit(): Promise<boolean> {
    const { states } = this.#parts;
    const live = this.#live;
    const events = this.#unsaved;
    const applied = this.#applied;
    const leavesLease = this.#leavesLease;
    this.#mustSave = false;
    this.#leavesLease = false;
    this.#nudgedSince = false;
    // Facts that change nothing need no commit, if the state they change nothing in is the present one: another process may have gone on.
    if (events.length > 0 || leavesLease || this.#needsLease() || this.#gathering.isLettingGo) {
      if ((await states.commit(live, events, this.#nextLease())) === 'conflict') return false;
      if (this.#gathering.isLettingGo) this.#gathering.end();
    } else if (!(await states.isLatest(live))) return false;
    this.#freshAt = this.#parts.clock.now();
    this.#unsaved = [];
    this.#weight = 0;
    this.#applied = [];
    const done = applied.flatMap(({ fact }) => (fact === undefined ? [] : [fact]));
    if (done.length > 0) {
      await this.#parts.inbox.discard(live.id, done);
      this.#settled(done);
    }
    return true;
  }

  #nextLease(): Lease | undefined {
    const { policy, clock } = this.#parts;
    if (policy.exclusive) return undefined;
    const gathers = this.#live.state.status === 'RUNNING' ? this.#gathering.leaseMs : undefined;
    const ms = this.#holdsWork() ? policy.leaseMs : gathers;
    return ms === undefined ? undefined : { owner: policy.owner, until: clock.now() + ms };
  }

  /**
   * The state in hand is old. Results in hand must not be lost with it: they go into the inbox, like facts from outside.
   * But not those of tasks that only unsaved events know: in the log their numbers may come to mean other tasks.
   */
  async #giveUp(wasBeaten: boolean): Promise<TurnEnd> {
    this.#flights.listen(undefined);
    const unsaved = new Set(
      this.#unsaved.flatMap((event) =>
        event.type === 'TaskScheduled' ? [attemptKey({ activation: event.id, attempt: event.attempt })] : [],
      ),
    );
    const isSaved = (task: Pick<TaskAssignment, 'activation' | 'attempt'>) => !unsaved.has(attemptKey(task));
    this.#flights.retain(isSaved);
    const results = [...this.#applied, ...this.#mailbox].flatMap(({ command, fact }) =>
      fact === undefined && 'attempt' in command && isSaved(command) ? [command] : [],
    );
    this.#applied = [];
    this.#mailbox = [];
    for (const command of results) this.#flights.decided(command);
    for (const command of results) await depositCommand(this.#parts, this.#live.id, command);
    return { kind: 'outdated', wasBeaten };
  }

  async #carryOut(): Promise<void> {
    const effects = this.#effects;
    if (effects.length === 0) return;
    this.#effects = [];
    const slow: Promise<void>[] = [];
    for (const effect of effects) {
      if (this.#isAnswered(effect)) continue;
      if (effect.type === 'InvokeTask') this.#invoke(effect);
      else slow.push(this.#runErrand(effect));
    }
    if (slow.length > 0) await Promise.all(slow);
    const told = effects.filter((effect) => effect.type === 'CancelTask' && effect.owed === true).length;
    if (told > 0) this.#push({ command: { type: 'CancellationsDone', count: told } });
  }

  /** What the inbox held may have answered a task that this turn found outstanding when it took over. */
  #isAnswered(effect: Effect): boolean {
    if (effect.type !== 'InvokeTask' && effect.type !== 'OfferTask') return false;
    if (isSuspended(this.#live.state, effect)) return true;
    return !isOutstanding(this.#live.plan, this.#live.state, effect.task);
  }

  async #runErrand(effect: Errand): Promise<void> {
    if (effect.type === 'CancelTask') this.#flights.withdraw(effect.task);
    const command = await runErrand(this.#parts, this.#live.state, effect);
    if (effect.type === 'NotifyParent') await this.#wake(effect.parent.execution);
    if (command !== undefined) this.#push({ command });
  }

  #invoke(effect: InvokeTask): void {
    if (this.#flights.has(effect.task)) return;
    if (this.#mayStart()) this.#flights.call(effect);
    else this.#unfinished = true;
  }

  /** Waits for a result, a nudge, or a moment: something due, the lease to renew, events to save. */
  async #somethingHappens(): Promise<void> {
    const now = this.#parts.clock.now();
    const due = nextDue(this.#live.state);
    const { lease } = this.#live;
    const { exclusive, leaseMs } = this.#parts.policy;
    const renewal = exclusive || lease === undefined || !this.#holdsWork() ? undefined : lease.until - leaseMs / 2;
    const save = this.#unsaved.length > 0 ? now + MAX_UNSAVED_MS : undefined;
    const reason = await this.#alarm.wait(earliest(due, renewal, save, this.#questions.next()));
    if (reason === 'rung') return;
    if (save !== undefined) this.#mustSave = true;
    const at = this.#parts.clock.now();
    const isDue = due !== undefined && due <= at;
    // Messages about facts may have gone to other processes, which leave them to the owner of the lease.
    if (isDue || (renewal !== undefined && renewal <= at)) this.#inboxRung = true;
    if (isDue) this.#mailbox.push({ command: { type: 'Wake' } });
  }
}
