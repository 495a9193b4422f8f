import type { OpenWork } from './client.ts';
import { moment } from './format.ts';
import type { Screen } from './terminal.ts';

/** What an execution that runs is about, and what it waits for, a line each. */
export function openLines(screen: Screen, open: OpenWork): readonly string[] {
  const inLine = open.permits.flatMap(({ state, within }) => (state === undefined ? [] : keyOf({ state, within })));
  const outside = new Set([...open.tasks.map(keyOf), ...inLine]);
  const lines = [
    ...open.states.flatMap((state) => (outside.has(keyOf(state)) ? [] : line(state, doing(state)))),
    ...open.tasks.map((task) => line(task, outsideTask(task))),
    ...open.waiting.flatMap((state) => (outside.has(keyOf(state)) ? [] : line(state, waiting(state)))),
    ...open.places.map((place) => line(place, `holds ${place.tokens === 1 ? 'a token' : `${place.tokens} tokens`}`)),
    ...open.permits.map(({ state, within, pools, since }) => ({
      place: state === undefined ? 'The execution' : keyOf({ state, within }),
      text: `waits for a permit of ${pools.join(', ')} since ${moment(Date.parse(since))}`,
    })),
    ...open.events.map(({ name, id }) => ({ place: name, text: `event ${id}, which no state has taken yet` })),
  ];
  return lines.map(({ place, text }) => `${screen.paint('bold', place)}  ${screen.paint('dim', text)}`);
}

interface Line {
  readonly place: string;
  readonly text: string;
}

export interface InScope {
  readonly state: string;
  readonly within?: string | undefined;
}

function line(at: InScope, text: string): Line {
  return { place: keyOf(at), text };
}

/** As in `Orders[3]/Pack`. */
export function keyOf({ state, within }: InScope): string {
  return within === undefined ? state : `${within}/${state}`;
}

function doing({ doing: what, dueAt }: OpenWork['states'][number]): string {
  const until = dueAt === undefined ? '' : ` ${moment(Date.parse(dueAt))}`;
  switch (what) {
    case 'task':
      return 'at work';
    case 'queued':
      return 'about to start';
    case 'retrying':
      return `tries again at${until}`;
    case 'waiting':
      return `waits until${until}`;
    case 'branches':
      return 'its branches run';
    case 'items':
      return 'its items run';
  }
}

function outsideTask({ kind, status, title, assignee, candidates = [], worker }: OpenWork['tasks'][number]): string {
  const what = title === undefined ? '' : `, "${title}"`;
  if (kind === 'callback') return 'waits for its callback';
  if (status === 'started') return `taken by ${worker ?? 'somebody'}${what}`;
  const whom = assignee ?? (candidates.length === 0 ? undefined : candidates.join(', '));
  if (kind === 'activity') return 'offered to the workers of its activity';
  return `offered to ${whom ?? 'whoever takes it'}${what}`;
}

function waiting({ from, join, event, milestone, occupiedBy, dueAt }: OpenWork['waiting'][number]): string {
  const needs = [
    join === undefined ? undefined : JOINS[join],
    event === undefined ? undefined : `for the event ${event}`,
    milestone === undefined ? undefined : `for a token in ${milestone}`,
    occupiedBy === undefined
      ? undefined
      : `for the end of ${occupiedBy.join(', ')}, which its mutex keeps apart from it`,
    dueAt === undefined ? undefined : `until ${moment(Date.parse(dueAt))}`,
  ].filter((part) => part !== undefined);
  const what = needs.length === 0 ? 'for its turn' : needs.join(' and ');
  const has = join === undefined ? '' : `; has tokens from ${from.map((source) => source ?? 'the start').join(', ')}`;
  return `waits ${what}${has}`;
}

const JOINS = {
  all: 'for all its branches',
  active: 'for the branches that may still come',
  count: 'for enough branches',
  threads: 'for enough tokens',
} as const;
