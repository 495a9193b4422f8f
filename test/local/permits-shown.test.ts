import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { openLines } from '../../lib/local/cli/open-work.ts';
import { Progress } from '../../lib/local/cli/progress.ts';
import { Screen } from '../../lib/local/cli/terminal.ts';
import type { ShownEvent } from '../../lib/local/cli/trail.ts';

function screen() {
  const stream = new PassThrough();
  const text = (): string => stream.read()?.toString() ?? '';
  return { screen: new Screen(stream as never), text };
}

it('shows who asks for permits and gets them, a state or the execution', () => {
  const { screen: shown, text } = screen();
  const progress = new Progress(shown);
  const events: readonly Pick<ShownEvent, 'type' | 'details'>[] = [
    { type: 'ExecutionStarted', details: {} },
    { type: 'PermitsRequested', details: { pools: ['workflow:cake'] } },
    { type: 'PermitsGranted', details: { pools: ['workflow:cake'] } },
    { type: 'TaskStateEntered', details: { name: 'Bake' } },
    { type: 'PermitsRequested', details: { name: 'Bake', pools: ['oven', 'resource:bake'] } },
    { type: 'PermitsGranted', details: { name: 'Bake', pools: ['oven', 'resource:bake'] } },
  ];
  for (const [before, event] of events.entries()) {
    progress.show({ ...event, id: before + 1, previousEventId: before < 3 ? 0 : before, at: before * 1_000 });
  }
  expect(text().trimEnd().split('\n')).toEqual([
    '  1.00 s  … The execution  asks for a permit of workflow:cake',
    '  2.00 s  ▸ The execution  has a permit of workflow:cake',
    '  3.00 s  ▸ Bake',
    '  4.00 s  … Bake  asks for a permit of oven, resource:bake',
    '  5.00 s  ▸ Bake  has a permit of oven, resource:bake',
  ]);
});

it('lists the items that work beside those of the same state that wait for a permit', () => {
  const { screen: shown } = screen();
  const state = {
    state: 'Render',
    type: 'Task',
    activation: 4,
    enteredAt: '2026-01-01T00:00:00.000Z',
    doing: 'task',
  } as const;
  const permit = { state: 'Render', within: 'Frames[1]', pools: ['gpu'], since: '2026-01-01T00:00:00.000Z' };
  const lines = openLines(shown, {
    states: [
      { ...state, within: 'Frames[0]' },
      { ...state, within: 'Frames[1]' },
    ],
    tasks: [],
    waiting: [],
    places: [],
    permits: [permit],
    events: [],
  });
  expect(lines).toEqual([
    'Frames[0]/Render  at work',
    expect.stringContaining('Frames[1]/Render  waits for a permit of gpu'),
  ]);
});
