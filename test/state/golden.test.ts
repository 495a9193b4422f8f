import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { SeededIds } from '../../lib/adapters/memory/index.ts';
import { MemoryEventStore } from '../../lib/adapters/memory/memory-event-store.ts';
import type { EventType, ExecutionEvent } from '../../lib/model/event.ts';
import { evolve } from '../../lib/model/evolve.ts';
import type { Json, JsonObject } from '../../lib/model/json.ts';
import type { ExecutionState } from '../../lib/model/state.ts';
import type { StoredCommit } from '../../lib/ports/event-store.ts';
import { decodeLog } from '../../lib/state/commit.ts';
import { historyOf } from '../../lib/state/history/history.ts';
import type { HistoryEvent } from '../../lib/state/history/history-event.ts';
import { StateManager } from '../../lib/state/state-manager.ts';
import { planOf } from '../model/scenario.ts';

/**
 * Logs as they were once written, which are never written again: what users have in their stores. Whatever becomes of the
 * engine, they have the same end and the same history.
 */
interface GoldenLog {
  readonly definition: JsonObject;
  readonly events: readonly ExecutionEvent[];
  readonly history: readonly HistoryEvent[];
  readonly end: { readonly status: string; readonly output: Json };
}

/** As a store has it. */
interface GoldenCommits {
  readonly definition: JsonObject;
  readonly commits: readonly StoredCommit[];
  readonly end: { readonly status: string; readonly output: Json };
}

async function golden<T = GoldenLog>(name: string): Promise<T> {
  return JSON.parse(await readFile(new URL(`golden/${name}.json`, import.meta.url), 'utf8'));
}

it('reads the log of a net as it was read when it was written', async () => {
  const { definition, events, history, end } = await golden('net');
  const types = new Set<EventType>(events.map(({ type }) => type));
  for (const type of [
    ...([
      'PlaceReached',
      'TokensJoined',
      'TokensAbsorbed',
      'JoinTieBroken',
      'StatesWithdrawn',
      'OffersChanged',
    ] as const),
    ...(['EventReceived', 'TaskReturned', 'ItemsAdded', 'ItemsReleased', 'ScopeFailed', 'ExecutionRedriven'] as const),
  ])
    expect(types).toContain(type);
  const plan = planOf(definition);
  expect([...historyOf(plan, structuredClone(events))]).toEqual(history);
  const state = events.reduce<ExecutionState | undefined>((before, event) => evolve(plan, before, event), undefined);
  expect(state).toMatchObject(end);
});

it.each([1, 2])('loads commits of format %i, and goes on from them', async (format) => {
  const { definition, commits, end } = await golden<GoldenCommits>(`commits-${format}`);
  for (const { body } of commits) expect(body).toContain(`"format":${format}`);
  decodeLog(commits);
  const store = new MemoryEventStore();
  const plan = planOf(definition);
  const states = new StateManager({ store, planOf: async () => plan, ids: new SeededIds(1), exclusive: true });
  const id = commits[0]?.execution ?? '';
  for (const commit of commits.slice(0, -1)) await store.append(commit);
  const waiting = (await states.load(id)) ?? expect.fail();
  expect([...waiting.state.activations.values()].map(({ state }) => state)).toEqual(['Hold']);
  const [last] = decodeLog(commits).slice(-1);
  for (const event of last?.events ?? []) waiting.state = evolve(plan, waiting.state, event);
  await states.commit(waiting, last?.events ?? [], undefined);
  const closed = (await states.load(id)) ?? expect.fail();
  expect(closed.state).toMatchObject(end);
  expect(closed.hash).toBe((await states.events(id, closed.number)).at(-1)?.hash);
});
