import type { OpenWork } from './client.ts';
import { duration, shortCause } from './format.ts';
import { openLines } from './open-work.ts';
import type { Screen } from './terminal.ts';
import { type Frame, type Place, type ShownEvent, Trail, type Visit } from './trail.ts';

type Mark = keyof typeof MARKS;

const MARKS = {
  entered: { sign: '▸', style: 'cyan' },
  waits: { sign: '…', style: 'yellow' },
  again: { sign: '↻', style: 'yellow' },
  failed: { sign: '✗', style: 'red' },
  caught: { sign: '⤷', style: 'yellow' },
  withdrawn: { sign: '⊘', style: 'yellow' },
  event: { sign: '⚑', style: 'cyan' },
  done: { sign: '✓', style: 'green' },
} as const;

const TIME_WIDTH = 8;

/** Shows an execution as it goes on, a line for whatever happens to a state: time since its start, nesting, what happened. */
export class Progress {
  readonly #screen: Screen;
  readonly #trail = new Trail();
  #startedAt: number | undefined;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  show(event: ShownEvent): void {
    this.#startedAt ??= event.at;
    const place = this.#trail.place(event);
    const { visit } = place;
    if (visit !== undefined) keepCount(event, visit);
    const line = visit === undefined ? describeOutside(event) : describe(event, visit);
    if (line !== undefined) this.#line(event, place, line);
  }

  /** What it is about, where nothing happens. */
  showOpen(open: OpenWork): void {
    const { sign, style } = MARKS.waits;
    for (const line of openLines(this.#screen, open)) {
      this.#screen.line(`${' '.repeat(TIME_WIDTH)}  ${this.#screen.paint(style, sign)} ${line}`);
    }
  }

  #line(event: ShownEvent, { frame, visit }: Place, { mark, text, name: shown }: Line): void {
    const { sign, style } = MARKS[mark];
    const at = this.#screen.paint('dim', duration(event.at - (this.#startedAt ?? 0)).padStart(TIME_WIDTH));
    const item = frame.items.map((index) => `[${index}]`).join('');
    const name = `${item}${item === '' ? '' : ' '}${this.#screen.paint('bold', shown ?? visit?.name ?? '')}`;
    const said = text === '' ? '' : `  ${this.#screen.paint('dim', text)}`;
    this.#screen.line(`${at}  ${indent(frame)}${this.#screen.paint(style, sign)} ${name}${said}`);
  }
}

interface Line {
  readonly mark: Mark;
  readonly text: string;
  /** Where it is not about a state: what else. */
  readonly name?: string;
}

function indent({ depth }: Frame): string {
  return '  '.repeat(depth);
}

function keepCount(event: ShownEvent, visit: Visit): void {
  const { type } = event;
  if (/^(LambdaFunction|Activity|WorkItem|Task)Scheduled$|^(Parallel|Map)StateStarted$/.test(type)) {
    visit.attempts += 1;
    visit.error = undefined;
    visit.mapRunFailed = false;
    return;
  }
  if (type === 'MapRunFailed') visit.mapRunFailed = true;
  const { error } = event.details;
  if (typeof error === 'string') visit.error = error;
}

/** What to say about an event that belongs to no state. */
function describeOutside({ type, details }: ShownEvent): Line | undefined {
  const { name, outcome, error, cause } = details;
  if (type === 'NetFailed')
    return { mark: 'failed', text: typeof cause === 'string' ? cause : '', name: String(error) };
  if (type.startsWith('Permits')) return { ...describePermits(type, details), name: 'The execution' };
  if (type !== 'EventReceived' || typeof name !== 'string') return undefined;
  const text = outcome === 'discarded' ? 'event, and no state waits for it: lost' : 'event';
  return { mark: 'event', text, name };
}

/** What to say about an event; `undefined`: nothing, it only repeats what the one before said. */
function describe(event: ShownEvent, visit: Visit): Line | undefined {
  const { type } = event;
  if (type.startsWith('MapIteration')) return undefined;
  if (type.endsWith('StateEntered')) return describeEntered(type);
  if (type.endsWith('StateExited')) return describeExited(event, visit);
  if (type.endsWith('StateAborted')) return describeWithdrawn(event);
  if (type.startsWith('Join')) return describeJoin(event);
  if (type === 'ItemsAdded') return { mark: 'entered', text: `${itemCount(event.details['length'])} more` };
  if (type.startsWith('Permits')) return describePermits(type, event.details);
  if (type === 'WorkItemStarted') return { mark: 'waits', text: taken(event) };
  if (type === 'WorkItemReturned') return { mark: 'waits', text: 'given back, and offered again' };
  if (type.endsWith('Scheduled') || /^(Parallel|Map)StateStarted$/.test(type)) return describeStart(event, visit);
  if (type === 'TaskSubmitted') return describeSubmitted(event);
  if (type === 'ActivityStarted') return { mark: 'waits', text: taken(event) };
  if (type === 'MapStateFailed' && visit.mapRunFailed) return undefined;
  if (/(Failed|TimedOut)$/.test(type)) return describeFailure(event, visit);
  return undefined;
}

/** States that are left in the very moment they are entered are told when they are left; a Map, when its items are known. */
function describeEntered(type: string): Line | undefined {
  if (/^(Pass|Choice|Succeed|Map)/.test(type)) return undefined;
  if (type === 'WaitStateEntered') return { mark: 'waits', text: 'waits' };
  if (type === 'PlaceStateEntered') return { mark: 'waits', text: 'holds a token' };
  if (type === 'FailStateEntered') return { mark: 'failed', text: '' };
  return { mark: 'entered', text: '' };
}

function describePermits(type: string, { pools }: ShownEvent['details']): Line {
  const which = Array.isArray(pools) ? pools.join(', ') : '';
  if (type === 'PermitsRequested') return { mark: 'waits', text: `asks for a permit of ${which}` };
  return { mark: 'entered', text: `has a permit of ${which}` };
}

function describeWithdrawn({ details: { by } }: ShownEvent): Line {
  return { mark: 'withdrawn', text: typeof by === 'string' ? `withdrawn by ${by}` : 'withdrawn' };
}

function describeJoin({ type, details: { steps } }: ShownEvent): Line {
  if (type === 'JoinTieBroken') return { mark: 'entered', text: 'joins what is there: nothing else could happen' };
  return { mark: 'waits', text: `waits: ${steps} steps do not tell whether more can come` };
}

function describeExited({ at }: ShownEvent, { error, enteredAt, attempts }: Visit): Line {
  if (error !== undefined) return { mark: 'caught', text: `caught ${error}` };
  const times = attempts > 1 ? `, ${attempts} attempts` : '';
  const took = at - enteredAt;
  return { mark: 'done', text: took === 0 && times === '' ? '' : `${duration(took)}${times}` };
}

function describeStart(event: ShownEvent, { attempts }: Visit): Line | undefined {
  if (attempts > 1) return { mark: 'again', text: `attempt ${attempts}` };
  const { length, resource } = event.details;
  if (event.type === 'MapStateStarted') return { mark: 'entered', text: itemCount(length) };
  if (event.type !== 'ActivityScheduled') return undefined;
  return { mark: 'waits', text: `waits for a worker of ${String(resource).split(':').at(-1)}` };
}

/** A Map that reads its items from files has none yet when it starts. */
function itemCount(length: unknown): string {
  if (length === 0) return '';
  return length === 1 ? '1 item' : `${length} items`;
}

function describeSubmitted(event: ShownEvent): Line {
  const { resource } = event.details;
  const waitsForCallback = String(resource).endsWith('.waitForTaskToken');
  return { mark: 'waits', text: waitsForCallback ? 'waits for its callback' : 'waits for what it started' };
}

function taken(event: ShownEvent): string {
  const { workerName } = event.details;
  return typeof workerName === 'string' ? `taken by ${workerName}` : 'taken by somebody';
}

function describeFailure(event: ShownEvent, { attempts, error }: Visit): Line {
  const { cause } = event.details;
  const reason = typeof cause === 'string' ? `: ${shortCause(cause)}` : '';
  const which = attempts > 1 ? `attempt ${attempts} failed, ` : '';
  return { mark: 'failed', text: `${which}${error ?? 'failed'}${reason}` };
}
