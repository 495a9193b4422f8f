import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import type { EventType, ExecutionEvent } from '../../lib/model/event.ts';
import { evolve } from '../../lib/model/evolve.ts';
import type { Json, JsonObject } from '../../lib/model/json.ts';
import type { ExecutionState } from '../../lib/model/state.ts';
import { historyOf } from '../../lib/state/history/history.ts';
import type { HistoryEvent } from '../../lib/state/history/history-event.ts';
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

async function golden(name: string): Promise<GoldenLog> {
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
