// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are texts of source code.

import type { Fault } from './fault.ts';

const ENGINE = 'lib/execution/engine.ts';
const TURN = 'lib/execution/turn.ts';
const LEDGER = 'lib/provenance/ledger.ts';
const STATES = 'lib/state/state-manager.ts';

const suspension: readonly Fault[] = [
  {
    name: 'begin-while-suspended',
    what: 'states of an execution that is suspended begin',
    file: 'lib/model/permits.ts',
    text: '  if (suspended !== undefined) return true;\n',
    replacement: '',
  },
  {
    name: 'call-while-suspended',
    what: 'what was to be called when the execution was suspended is called all the same',
    file: 'lib/model/effects.ts',
    text: 'return suspended !== undefined && isCall(effect);',
    replacement: 'return false;',
  },
  {
    name: 'due-while-suspended',
    what: 'timeouts fall due while the execution is suspended',
    file: 'lib/model/due.ts',
    text: 'state.suspended === undefined ? dueBy(state, now) : []',
    replacement: 'dueBy(state, now)',
  },
  {
    name: 'forget-who-was-granted',
    what: 'what was granted its permits while the execution was suspended never begins',
    file: 'lib/model/decide.ts',
    text: "return work.kind === 'entered' && permits?.get(id)?.grantedAt !== undefined;",
    replacement: 'return false;',
  },
  {
    name: 'resume-without-waking',
    what: 'an execution that was resumed is not woken, by whoever resumed it or by the projector',
    file: ENGINE,
    text: "(outcome) => outcome === 'done' || outcome === 'same',",
    replacement: '() => false,',
  },
  {
    name: 'suspend-without-a-fence',
    what: 'a suspension that was forestalled counts as written',
    file: 'lib/execution/suspend.ts',
    text: "if ((await states.commitBeside(live, [event])) === 'conflict') continue;",
    replacement: 'await states.commitBeside(live, [event]);',
  },
  {
    name: 'keep-what-was-left-behind',
    what: 'a process that has changed an execution beside its turns keeps it in the cache as it was',
    file: STATES,
    text: '    this.#cache.take(execution);\n    this.#changedBeside.add(execution);\n',
    replacement: '    void execution;\n',
  },
  {
    name: 'go-on-without-a-look',
    what: 'idempotent tasks are called one after the other, however long that takes, without a look whether the execution was suspended meanwhile',
    file: TURN,
    text: 'const FRESH_MS = 500;',
    replacement: 'const FRESH_MS = Number.POSITIVE_INFINITY;',
  },
  {
    name: 'believe-the-store',
    what: 'nobody is woken where the store did not say whether it has written',
    file: ENGINE,
    text: '    let isWanted = true;\n',
    replacement: '    let isWanted = false;\n',
  },
];

const definitions: readonly Fault[] = [
  {
    name: 'migrate-without-a-fence',
    what: 'a migration that was forestalled counts as written',
    file: 'lib/execution/migrate.ts',
    text: "if ((await states.commitBeside(live, [event])) === 'conflict') continue;",
    replacement: 'await states.commitBeside(live, [event]);',
  },
  {
    name: 'migrate-and-drop-the-lease',
    what: 'whoever changes an execution beside its turns takes the lease from its owner',
    file: STATES,
    text: 'outcome = await this.commit(live, events, live.lease);',
    replacement: 'outcome = await this.commit(live, events, undefined);',
  },
  {
    name: 'replay-by-the-old-definition',
    what: 'an execution that was migrated is loaded by the definition that it had before',
    file: 'lib/state/replay.ts',
    text: '    if (definitionAfter(event) !== undefined) plan = await planOf(state.identity.workflow);\n',
    replacement: '',
  },
  {
    name: 'fork-with-numbers-that-are-taken',
    what: 'a fork numbers its states from the beginning, beside those that it has from the other execution',
    file: 'lib/model/fork.ts',
    text: 'nextId: state.nextId,',
    replacement: 'nextId: 1,',
  },
];

const erasure: readonly Fault[] = [
  {
    name: 'erase-without-a-fence',
    what: 'the payloads of an execution are erased although it was redriven in that moment',
    file: 'lib/execution/erasure.ts',
    text: "if ((await states.commit(live, [event], undefined)) === 'appended') break;",
    replacement: 'await states.commit(live, [event], undefined);\n    break;',
  },
  {
    name: 'erase-what-is-open',
    what: 'the payloads of an execution are erased while it runs',
    file: 'lib/execution/erasure.ts',
    text: "    if (live.state.status === 'RUNNING' || live.state.owed.length > 0) return 'open';\n",
    replacement: '',
  },
  {
    name: 'keep-snapshots-that-are-erased',
    what: 'the payloads of an execution are erased, but for its snapshots',
    file: 'lib/state/commit.ts',
    text: 'const { snapshot: _, snapshotNumber: _number, row, ...rest } = stored;',
    replacement: 'const { row, ...rest } = stored;',
  },
];

const ledger: readonly Fault[] = [
  {
    name: 'seal-without-a-fence',
    what: 'a period of the ledger is written over one that another process has just written',
    file: LEDGER,
    text: 'asJson({ ...next, isSettled: false }), tip?.version ?? 0);',
    replacement: "asJson({ ...next, isSettled: false }), 'any');",
  },
  {
    name: 'forget-before-the-head',
    what: 'what has closed waits no longer, before it stands in the ledger',
    file: LEDGER,
    text: 'const next = await this.#next(tip?.value, waiting.closings);',
    replacement:
      'const next = await this.#next(tip?.value, waiting.closings);\n      await this.#forget(waiting.records);',
  },
  {
    name: 'settle-nothing',
    what: 'what a process that died has not written of a period of the ledger is not written by another one',
    file: LEDGER,
    text: 'tip === undefined || tip.value.isSettled ? [] : await this.#settle(tip.value);',
    replacement: '[].slice();',
  },
];

/** Of what changes executions beside their turns, and of what proves how they have closed. */
export const CHANGE_FAULTS: readonly Fault[] = [...suspension, ...definitions, ...erasure, ...ledger];
