// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of source code.

import { CHANGE_FAULTS } from './change-faults.ts';
import type { Fault } from './fault.ts';

const TURN = 'lib/execution/turn.ts';
const ENGINE = 'lib/execution/engine.ts';
const FLIGHTS = 'lib/execution/flights.ts';
const ERRANDS = 'lib/execution/errands.ts';
const STATES = 'lib/state/state-manager.ts';
const DESK = 'lib/resources/pools/pool-desk.ts';

const ownership: readonly Fault[] = [
  {
    name: 'skip-the-fence',
    what: 'a commit that another process has forestalled counts as written',
    file: STATES,
    text: 'const outcome = await this.#options.store.append(commit);',
    replacement: "await this.#options.store.append(commit);\n    const outcome: 'appended' | 'conflict' = 'appended';",
  },
  {
    name: 'go-on-when-beaten',
    what: 'a turn that was forestalled goes on with its old state',
    file: TURN,
    text: "if ((await states.commit(live, events, this.#nextLease())) === 'conflict') return false;",
    replacement: 'await states.commit(live, events, this.#nextLease());',
  },
  {
    name: 'ignore-the-lease',
    what: 'a turn runs tasks although another process holds the lease',
    file: TURN,
    text: "if (!policy.exclusive && lease !== undefined && lease.owner !== policy.owner && lease.until > clock.now()) {\n      return { kind: 'leased', until: lease.until };\n    }",
    replacement: '',
  },
  {
    name: 'forget-the-lease',
    what: 'tasks are called without taking the lease',
    file: TURN,
    text: 'if (policy.exclusive || !this.#holdsWork()) return false;',
    replacement: 'return false;',
  },
  {
    name: 'never-renew-the-lease',
    what: 'the lease of a long task is not renewed while it runs',
    file: TURN,
    text: 'const renewal = exclusive || lease === undefined || !this.#holdsWork() ? undefined : lease.until - leaseMs / 2;',
    replacement: 'const renewal = undefined;',
  },
  {
    name: 'hold-back-and-forget-the-lease',
    what: 'a task that a gate has held back is called without taking the lease',
    file: TURN,
    text: `      this.#toDo(again);
      if (this.#shouldCommit()) {
        if (!(await this.#commit())) return this.#giveUp(true);
        // A write that took long may have left too little of the lease to start anything.
        if (this.#needsLease()) continue;
      } else`,
    replacement: `      if (this.#shouldCommit()) {
        if (!(await this.#commit())) return this.#giveUp(true);
        if (this.#needsLease()) {
          this.#toDo(again);
          continue;
        }
      }
      this.#toDo(again);
      if (again.length < 0) {
      } else`,
  },
  {
    name: 'leave-without-a-message',
    what: 'who finds another process in charge does not come back when its lease ends',
    file: ENGINE,
    text: 'await this.#returns.expect(execution, this.now(), () => this.#messages.sendBack(execution, end.until));',
    replacement: '',
  },
  {
    name: 'acknowledge-early',
    what: 'a message is deleted when its turn begins',
    file: ENGINE,
    text: '    await this.#run(execution, slot);\n  }\n\n  /** Has a closed',
    replacement: '    void this.#run(execution, slot).catch(() => {});\n  }\n\n  /** Has a closed',
  },
  {
    name: 'forget-what-is-unfinished',
    what: 'a turn whose time is over leaves no message for what is left',
    file: ENGINE,
    text: '        states.release(live);\n        slot.nudged = true;\n        return false;',
    replacement: '        states.release(live);\n        return false;',
  },
  {
    name: 'lose-a-nudge',
    what: 'what came while a turn ended is not looked at',
    file: ENGINE,
    text: 'if (slot.nudged && !this.#stopping) await this.#messages.send(execution);',
    replacement: '',
  },
];

const timesAndMessages: readonly Fault[] = [
  {
    name: 'set-no-timer',
    what: 'nobody is woken when something falls due',
    file: ENGINE,
    text: '        if (!slot.nudged) await this.#messages.setTimer(live);\n',
    replacement: '',
  },
  {
    name: 'do-not-take-up',
    what: 'what a dead process left open is not taken up',
    file: ENGINE,
    text: '    this.#takenUp.add(execution);\n    await this.#messages.send(execution);',
    replacement: '    this.#takenUp.add(execution);',
  },
  {
    name: 'deliver-without-waking',
    what: 'a fact is put into the inbox, and nobody is told',
    file: ENGINE,
    text: 'return this.#tell(execution, () => depositCommand(this.#parts, execution, command));',
    replacement: 'return depositCommand(this.#parts, execution, command);',
  },
  {
    name: 'redrive-without-waking',
    what: 'a redriven execution is not woken, by whoever redrove it or by the projector',
    file: ENGINE,
    text: "({ kind }) => kind === 'redriven' || kind === 'repeated',",
    replacement: '() => false,',
  },
  {
    name: 'sweep-no-starts',
    what: 'executions whose starter died are not swept up',
    file: 'lib/execution/sweep.ts',
    text: 'head.number === 0 || ',
    replacement: '',
  },
  {
    name: 'ask-no-more',
    what: 'a job that has not ended is not asked for again',
    file: TURN,
    text: 'if (askAfterMs !== undefined) this.#questions.askAt(command, clock.now() + askAfterMs);',
    replacement: '',
  },
  {
    name: 'hold-back-for-ever',
    what: 'a task that a gate has held back is not called again',
    file: TURN,
    text: 'this.#questions.askAt(task, clock.now() + afterMs);',
    replacement: '',
  },
  {
    name: 'time-before-facts',
    what: 'what is due happens before what was accepted earlier',
    file: TURN,
    text: 'this.#mailbox = [...facts.filter(({ id }) => !known.has(id)).map(readFact), ...this.#mailbox];',
    replacement: 'this.#mailbox = [...this.#mailbox, ...facts.filter(({ id }) => !known.has(id)).map(readFact)];',
  },
  {
    name: 'due-without-a-look',
    what: 'a timeout falls due without a look into the inbox',
    file: TURN,
    text: 'if (isDue || (renewal !== undefined && renewal <= at)) this.#inboxRung = true;',
    replacement: '',
  },
];

const facts: readonly Fault[] = [
  {
    name: 'discard-before-the-commit',
    what: 'facts leave the inbox before what came of them is on disk',
    file: TURN,
    text: '    this.#mustSave = false;\n    this.#leavesLease = false;\n',
    replacement:
      '    this.#mustSave = false;\n    this.#leavesLease = false;\n    await this.#parts.inbox.discard(live.id, applied.flatMap(({ fact }) => (fact === undefined ? [] : [fact])));\n',
  },
  {
    name: 'judge-by-an-old-state',
    what: 'facts that change nothing in a state are discarded, also if it is not the latest one',
    file: TURN,
    text: '} else if (!(await states.isLatest(live))) return false;',
    replacement: '}',
  },
  {
    name: 'take-the-cache-for-current',
    what: 'a state from the cache is never compared with the log',
    file: STATES,
    text: 'return (await this.#options.store.read(id, number + 1, 1)).length === 0;',
    replacement: 'return true;',
  },
  {
    name: 'lose-results-when-beaten',
    what: 'results in hand are dropped with the state that turned out to be old',
    file: TURN,
    text: '    for (const command of results) await depositCommand(this.#parts, this.#live.id, command);\n',
    replacement: '',
  },
  {
    name: 'keep-results-of-unsaved-tasks',
    what: 'results of tasks that no log knows go into the inbox under their numbers',
    file: TURN,
    text: "fact === undefined && 'attempt' in command && isSaved(command) ? [command] : [],",
    replacement: "fact === undefined && 'attempt' in command ? [command] : [],",
  },
  {
    name: 'lose-late-results',
    what: 'a result that comes between two turns is dropped',
    file: FLIGHTS,
    text: '      await depositCommand(this.#parts, this.#execution, command);\n',
    replacement: '      await Promise.resolve();\n',
  },
  {
    name: 'take-an-event-twice',
    what: 'an event whose id came before is taken again',
    file: 'lib/model/net/events.ts',
    text: '  if (state.requests.has(eventRequest(id))) return;\n',
    replacement: '',
  },
  {
    name: 'take-any-attempt',
    what: 'the result of an earlier attempt ends a later one',
    file: 'lib/model/task.ts',
    text: "if (active.work.kind !== 'task' || active.work.attempt !== command.attempt) return;",
    replacement: "if (active.work.kind !== 'task') return;",
  },
  {
    name: 'do-not-tell-the-parent',
    what: 'the parent of a child that has closed is not told',
    file: ERRANDS,
    text: '      await inbox.deposit(errand.parent.execution, closingFact(state, errand.parent, clock.now()));\n',
    replacement: '',
  },
];

const calls: readonly Fault[] = [
  {
    name: 'call-before-the-commit',
    what: 'tasks are called before that is on disk',
    file: TURN,
    text: "if (this.#mustSave || this.#effects.some((effect) => effect.type !== 'InvokeTask' || !effect.idempotent))",
    replacement: 'if (this.#mustSave)',
  },
  {
    name: 'call-what-is-under-way',
    what: 'a task that is under way in this process is called again',
    file: TURN,
    text: '    if (this.#flights.has(effect.task)) return;\n',
    replacement: '',
  },
  {
    name: 'call-what-is-answered',
    what: 'a task is called although its answer was found in the inbox',
    file: TURN,
    text: 'return !isOutstanding(this.#live.plan, this.#live.state, effect.task);',
    replacement: 'return false;',
  },
  {
    name: 'another-key-each-time',
    what: 'another attempt of a step has another idempotency key',
    file: 'lib/model/effects.ts',
    text: '    idempotencyKey: idempotencyKey(state, active),',
    replacement: '    idempotencyKey: `${idempotencyKey(state, active)}.${work.attempt}`,',
  },
  {
    name: 'one-key-for-all-items',
    what: 'the items of a Map, and branches, share idempotency keys',
    file: 'lib/model/effects.ts',
    text: 'return `${wayTo(state, opener)}${opener.step}.${attemptsMade(opener)}.${parent.index}/`;',
    replacement: 'return `${wayTo(state, opener)}${opener.step}.${attemptsMade(opener)}/`;',
  },
  {
    name: 'leave-jobs-running',
    what: 'a job that nobody waits for any more is not stopped',
    file: ERRANDS,
    text: '      else await invoker.cancel?.(errand.task);\n',
    replacement: '',
  },
  {
    name: 'forget-cancellations',
    what: 'that children were told to stop is not recorded',
    file: TURN,
    text: "    if (told > 0) this.#push({ command: { type: 'CancellationsDone', count: told } });\n",
    replacement: '',
  },
  {
    name: 'offer-no-work-items',
    what: 'work items do not get into the lists of those who do them',
    file: ERRANDS,
    text: '        await workItems.offer(errand.task);\n',
    replacement: '',
  },
  {
    name: 'call-without-a-token',
    what: 'calls are let through although the rate limit has no token for them',
    file: 'lib/execution/rates/task-rates.ts',
    text: '    if (!place.isTaken || !token.isTaken) return { answer: false };\n',
    replacement: '    if (!place.isTaken || !token.isTaken) return { answer: true };\n',
  },
  {
    name: 'never-close-the-breaker',
    what: 'a circuit breaker that has opened never closes',
    file: 'lib/resilience/circuit-breaker.ts',
    text: "      return now < state.until ? { kind: 'stop', until: state.until } : { kind: 'probe' };",
    replacement: "      return { kind: 'stop', until: Math.max(now, state.until) + 1_000 };",
  },
];

const states: readonly Fault[] = [
  {
    name: 'stale-snapshot',
    what: 'a snapshot shows the state of an earlier one',
    file: STATES,
    text: '    const text = encodeSnapshot(live.state);\n',
    replacement:
      '    const known: { stale?: string } = live.snapshot;\n    known.stale ??= encodeSnapshot(live.state);\n    const text = known.stale;\n',
  },
  {
    name: 'snapshot-and-its-events',
    what: 'the events of the commit that has the snapshot are applied to it again',
    file: STATES,
    text: 'const since = snapshot === undefined ? 0 : 1;',
    replacement: 'const since = 0;',
  },
  {
    name: 'snapshot-without-permits',
    what: 'a snapshot leaves out who holds permits',
    file: 'lib/state/snapshot.ts',
    text: 'const held = permits === undefined ? {} : { permits: new Map(permits) };',
    replacement: 'const held = {};',
  },
  {
    name: 'break-the-chain',
    what: 'a commit does not go by the hash of the one before it',
    file: STATES,
    text: '    live.hash = hash;\n',
    replacement: '    live.hash ??= hash;\n',
  },
  {
    name: 'lose-an-event',
    what: 'a decision changes the state, and the log does not say so',
    file: 'lib/model/draft.ts',
    text: '    this.events.push(event);\n',
    replacement: "    if (event.type !== 'StateExited') this.events.push(event);\n",
  },
  {
    name: 'redrive-unlisted',
    what: 'the lists do not hear of redrives',
    file: STATES,
    text: 'const row = number === 0 || isDone || isTurned ?',
    replacement: 'const row = number === 0 || isDone ?',
  },
  {
    name: 'list-what-is-old',
    what: 'the lists take a row that is older than theirs',
    file: 'lib/adapters/memory/memory-execution-index.ts',
    text: '    if (entry !== undefined && entry.row.commit >= row.commit) return;\n',
    replacement: '',
  },
  {
    name: 'skip-what-fails',
    what: 'a projector takes a batch for done of which a part has failed',
    file: 'lib/execution/projection.ts',
    text: '    return false;\n',
    replacement: '    return true;\n',
  },
  {
    name: 'two-children',
    what: 'a task that is called again after a crash starts another child',
    file: 'lib/execution/tasks/child.ts',
    text: '    name: name ?? derivedName(task),',
    replacement: '    name: name ?? `${derivedName(task)}-${performance.now()}`,',
  },
];

const permits: readonly Fault[] = [
  {
    name: 'one-slot-too-many',
    what: 'a pool has a slot more than its limit',
    file: 'lib/resources/pools/slots.ts',
    text: 'for (let index = limit - 1; index >= 0; index -= 1) {\n    if (taken.has(index)) above += 1;\n    else if (index + 1 + above <= limit) free.push(index);',
    replacement:
      'for (let index = limit; index >= 0; index -= 1) {\n    if (taken.has(index)) above += 1;\n    else if (index + above <= limit) free.push(index);',
  },
  {
    name: 'take-a-slot-by-force',
    what: 'a slot is taken although another process has just taken it',
    file: 'lib/resources/pools/pool-store.ts',
    text: 'const written = await this.#store.put(slotsOf(pool), slotKey(index), value, version);',
    replacement: "const written = await this.#store.put(slotsOf(pool), slotKey(index), value, 'any');",
  },
  {
    name: 'expire-permits',
    what: 'a permit whose lease runs out is taken from somebody who still works',
    file: 'lib/execution/permits.ts',
    text: 'return permit.ticket === holder.ticket && permit.pools.includes(pool);',
    replacement: 'return false;',
  },
  {
    name: 'wake-nobody',
    what: 'who is given a permit while waiting is not told',
    file: DESK,
    text: '    await this.#parts.wake(holder.execution);\n    if (await this.#records.unqueue(this.#pool, holder.ticket, version)) return;',
    replacement: '    if (await this.#records.unqueue(this.#pool, holder.ticket, version)) return;',
  },
  {
    name: 'keep-what-is-given-back',
    what: 'a permit that is given back stays taken, and its lease is extended for ever',
    file: DESK,
    text: 'if (!(await isWanted(grant, this.#pool, grant.grantedAt))) {',
    replacement: 'if (false) {',
  },
];

/** What takes a crash at one moment among thousands. */
const rare: readonly Fault[] = [
  {
    name: 'project-no-facts',
    what: 'facts whose sender died before it could wake anybody are overlooked',
    file: 'lib/execution/projection.ts',
    text: "    if (change?.kind === 'fact') woken.add(change.execution);\n",
    replacement: '',
  },
  {
    name: 'close-too-early',
    what: 'the lists show as closed what still has to tell its children',
    file: STATES,
    text: 'const isDone = closed && state.owed.length === 0;',
    replacement: 'const isDone = closed;',
  },
];

export const FAULTS: readonly Fault[] = [
  ...ownership,
  ...timesAndMessages,
  ...facts,
  ...calls,
  ...states,
  ...permits,
  ...rare,
  ...CHANGE_FAULTS,
];
