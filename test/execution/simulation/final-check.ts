import { isDeepStrictEqual } from 'node:util';
import { SeededIds } from '../../../lib/adapters/memory/index.ts';
import type { EventStore, Inbox, StoredCommit } from '../../../lib/ports/event-store.ts';
import type { ExecutionIndex, ExecutionRow } from '../../../lib/ports/execution-index.ts';
import { decodeCommit, decodeLog } from '../../../lib/state/commit.ts';
import { StateManager } from '../../../lib/state/state-manager.ts';
import type { Plans } from './plans.ts';
import type { Witness } from './witness.ts';

export interface FinalCheckParts {
  readonly witness: Witness;
  readonly events: EventStore;
  readonly index: ExecutionIndex;
  readonly inbox: Inbox;
  readonly plans: Plans;
  /** Executions whose start was confirmed. */
  readonly expectedStarts: ReadonlySet<string>;
  /** Executions of which a client was told that their payloads are gone. */
  readonly erased: ReadonlySet<string>;
}

/** Once all is quiet: the log says what the state is, proves itself, and is what the lists show. */
export async function finalCheck(parts: FinalCheckParts): Promise<readonly string[]> {
  const { witness, events, plans, inbox, expectedStarts } = parts;
  const states = new StateManager({
    store: events,
    planOf: async (workflow) => plans.of(workflow),
    ids: new SeededIds(0),
    exclusive: false,
  });
  const violations: string[] = [];
  for (const execution of expectedStarts) {
    if (witness.stateOf(execution) === undefined) violations.push(`${execution} was started, and is not in the log.`);
  }
  const rows: ExecutionRow[] = [];
  for (const execution of witness.executions) {
    const log = await events.read(execution, 0, Number.MAX_SAFE_INTEGER);
    violations.push(...brokenChain(execution, log));
    const row = log.findLast((commit) => commit.row !== undefined)?.row;
    if (row !== undefined) rows.push(row);
    if (parts.erased.has(execution) && log.some((commit) => !isGone(commit))) {
      violations.push(`${execution} was erased, and payloads of it are there.`);
    }
    // From the last snapshot on; what the witness has is folded from the beginning.
    const loaded = await states.load(execution).catch((error: unknown) => String(error));
    const state = typeof loaded === 'object' ? loaded.state : loaded;
    const seen = witness.stateOf(execution);
    const isNoMore = state === undefined && seen?.erasedAt !== undefined;
    if (!isNoMore && !isDeepStrictEqual(state, seen)) {
      const why = typeof state === 'string' ? state : 'not the state that its events give';
      violations.push(`${execution} is loaded otherwise than it was written: ${why}`);
    }
    const facts = await inbox.facts(execution);
    if (facts.length > 0 && witness.stateOf(execution)?.status === 'RUNNING') {
      violations.push(`${execution} has never dealt with ${facts.map(({ id }) => id).join(', ')}.`);
    }
  }
  return [...violations, ...(await staleRows(parts.index, rows))];
}

/** What has payloads has a salt for them. */
function isGone(commit: StoredCommit): boolean {
  return commit.snapshot === undefined && decodeCommit(commit).salt === undefined;
}

function brokenChain(execution: string, log: readonly StoredCommit[]): readonly string[] {
  try {
    decodeLog(log);
    return [];
  } catch (error) {
    return [`The chain of ${execution} is broken: ${String(error)}`];
  }
}

/** The lists say of each execution what its last commit with a row does. */
async function staleRows(index: ExecutionIndex, rows: readonly ExecutionRow[]): Promise<readonly string[]> {
  const { items } = await index.list({ limit: 1_000 });
  const shown = new Map(items.map((row) => [row.execution, row]));
  const stale = rows.filter((row) => !isDeepStrictEqual(shown.get(row.execution), row));
  return [
    ...stale.map(({ execution, commit, status }) => {
      const { commit: has = 'none', status: says = 'nothing' } = shown.get(execution) ?? {};
      return `The lists show ${execution} as of commit ${has} (${says}), and not of ${commit} (${status}).`;
    }),
    ...(items.length > rows.length ? ['The lists show executions that are not in the log.'] : []),
  ];
}
