import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { historyEvent } from '../../lib/api/rest/views.ts';
import type { EngineClient } from '../../lib/local/cli/client.ts';
import { failedState } from '../../lib/local/cli/failed-state.ts';
import { Progress } from '../../lib/local/cli/progress.ts';
import { Screen } from '../../lib/local/cli/terminal.ts';
import { shownEvent } from '../../lib/local/cli/trail.ts';
import { Desk, definition, pass, place, work } from '../model/net/desk.ts';
import { knhk, type Serving, serve, temporaryFolder } from './knhk-process.ts';

function wire(desk: Desk): readonly ReturnType<typeof historyEvent>[] {
  return desk.history().map(historyEvent);
}

/** What `knhk run --watch` shows of it, without the times. */
function progress(desk: Desk): readonly string[] {
  const stream = new PassThrough();
  const shown = new Progress(new Screen(stream as never));
  for (const event of wire(desk)) shown.show(shownEvent(event));
  const text: string = stream.read()?.toString() ?? '';
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.slice('  0.00 s  '.length));
}

async function blamed(desk: Desk): Promise<string | undefined> {
  async function* events(): ReturnType<EngineClient['history']> {
    yield* wire(desk);
  }
  return failedState(events());
}

const BRANCH = { A: pass('J'), B: pass('J'), J: pass(undefined, { Join: 'all' }) };

describe('what is shown of a net as it runs', () => {
  it('names places, what is withdrawn and by whom, events, and who has taken what', () => {
    const desk = new Desk(
      definition({
        A: pass(['P', 'B', 'C', 'E']),
        P: place('X', 'Y'),
        X: work(undefined),
        Y: work(undefined),
        B: work(undefined, { Cancels: ['C', 'P'] }),
        C: work(undefined),
        E: pass(undefined, { Trigger: { Event: 'paid' } }),
      }),
    );
    desk.tell({ type: 'TaskStarted', activation: desk.id('C'), attempt: 1, worker: 'ann' });
    desk.send('lost');
    desk.send('paid');
    desk.complete('B');
    expect(progress(desk)).toEqual([
      '✓ A',
      '… P  holds a token',
      '▸ C',
      '… C  taken by ann',
      '⚑ lost  event, and no state waits for it: lost',
      '⚑ paid  event',
      '✓ E',
      '▸ B',
      '… B  taken by somebody',
      '⊘ C  withdrawn by B',
      '⊘ P  withdrawn by B',
      '✓ B',
    ]);
  });

  it('says what failed a branch or an item that no state is to blame for, and where', async () => {
    const parallel = new Desk(
      definition({ Both: { Type: 'Parallel', Branches: [{ StartAt: 'A', States: BRANCH }], End: true } }),
    );
    const why =
      "Nothing can happen any more, and tokens are left: 'J' has tokens from 'A' and waits for 'B'. " +
      `Give 'J' "Join": "active" if branches may be left out, or correct the definition, and redrive with it.`;
    expect(progress(parallel)).toEqual(['▸ Both', '  ✓ A', `  ✗ States.Deadlock  ${why}`, '✗ Both  States.Deadlock']);
    expect(await blamed(parallel)).toBe('Both');
    const map = new Desk(
      definition({ Each: { Type: 'Map', Items: [1], ItemProcessor: { StartAt: 'A', States: BRANCH }, End: true } }),
    );
    expect(progress(map).slice(2)).toEqual([`  ✗ [0] States.Deadlock  ${why}`, '✗ Each  States.Deadlock']);
    expect(await blamed(map)).toBe('Each > [0]');
    const top = new Desk(definition(BRANCH));
    expect(progress(top)).toEqual(['✓ A']);
    expect(await blamed(top)).toBeUndefined();
  });

  it('finds the state that failed among others that run', async () => {
    const desk = new Desk(
      definition({ A: pass(['B', 'C']), B: work('D'), C: work('D'), D: pass(undefined, { Join: 'all' }) }),
    );
    desk.begin('C');
    const activation = desk.id('B');
    desk.tell({ type: 'TaskFailed', activation, attempt: 1, reason: 'failed', error: 'Broken' });
    expect(await blamed(desk)).toBe('B');
    expect(progress(desk).slice(-2)).toEqual(['✗ B  Broken', '⊘ C  withdrawn']);
  });
});

describe('knhk', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let server: Serving;

  beforeAll(async () => {
    folder = await temporaryFolder();
    server = await serve(['--data-dir', join(folder.path, 'data')]);
  });

  afterAll(async () => {
    await server.process.stop('SIGKILL');
    await folder.remove();
  });

  it('shows what an execution waits for, when it gives up waiting and when it is asked', async () => {
    const file = join(folder.path, 'net.asl.json');
    const states = {
      A: pass(['B', 'J', 'P', 'E']),
      B: work('J', { Arguments: { Title: 'Look', Candidates: ['ann', 'bob'] } }),
      J: pass(undefined, { Join: 'all' }),
      P: place('X'),
      X: work(undefined, { Milestone: 'Q' }),
      Q: place('X'),
      E: pass('Q', { Trigger: { Event: 'paid' } }),
    };
    await writeFile(file, JSON.stringify(definition(states)));
    const url = ['--url', server.url];
    const run = await knhk('run', file, '--name', 'one', '--timeout', '0.2', ...url);
    const expected = [
      'B  offered to ann, bob, "Look"',
      'J  waits for all its branches; has tokens from A',
      'E  waits for the event paid',
      'P  holds a token',
    ];
    for (const line of expected) expect(run.err).toContain(line);
    expect(run.err).toContain('X  waits for a token in Q');
    const shown = await knhk('show', 'net/one', ...url);
    for (const line of expected) expect(shown.out).toContain(line);
    expect(shown.code).toBe(0);
  });
});
