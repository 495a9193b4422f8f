import type { WireEvent } from '../client.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { duration, shortCause } from '../format.ts';
import { parseName } from '../print-execution.ts';
import { remoteSession, type SessionFlags } from '../session.ts';
import type { Screen, Terminal } from '../terminal.ts';
import { type ShownEvent, shownEvent, Trail } from '../trail.ts';

/** Shows what happened in an execution, event by event, as Step Functions tells it. */
export async function history(terminal: Terminal, name: string, flags: SessionFlags): Promise<ExitCode> {
  const events = remoteSession(flags).client.history(parseName(name));
  if (terminal.json) {
    const all: WireEvent[] = [];
    for await (const event of events) all.push(event);
    terminal.out.line(JSON.stringify(all, undefined, 2));
    return EXIT.ok;
  }
  const printer = new Printer(terminal.out);
  for await (const event of events) printer.print(shownEvent(event));
  return EXIT.ok;
}

const ID_WIDTH = 5;
const TIME_WIDTH = 12;
const TYPE_WIDTH = 24;

class Printer {
  readonly #screen: Screen;
  readonly #trail = new Trail();
  #startedAt: number | undefined;

  constructor(screen: Screen) {
    this.#screen = screen;
  }

  print(event: ShownEvent): void {
    this.#startedAt ??= event.at;
    const { frame, visit } = this.#trail.place(event);
    const number = String(event.id).padStart(ID_WIDTH);
    const time = this.#screen.paint('dim', duration(event.at - this.#startedAt).padStart(TIME_WIDTH));
    const type = this.#paint(event.type, event.type.padEnd(TYPE_WIDTH));
    const item = frame.items.map((index) => `[${index}]`).join('');
    const state = [item, event.type.startsWith('MapIteration') ? '' : visit?.name].filter(Boolean).join(' ');
    const said = this.#screen.paint('dim', remark(event));
    this.#screen.line([number, time, type, state, said].join('  ').trimEnd());
  }

  #paint(type: string, text: string): string {
    if (/(Failed|TimedOut|Aborted)$/.test(type)) return this.#screen.paint('red', text);
    return /Succeeded$/.test(type) ? this.#screen.paint('green', text) : text;
  }
}

/** The error, what the task is sent to, or the map run; who did it, or what it was about. */
function remark({ type, details }: ShownEvent): string {
  const { error, cause, resource, resourceType, mapRunArn, workerName, by, event } = details;
  const reason = [error, typeof cause === 'string' ? shortCause(cause) : undefined].filter(
    (part) => part !== undefined,
  );
  if (reason.length > 0) return reason.join(': ');
  if (typeof mapRunArn === 'string') return mapRunArn;
  if (type === 'EventReceived') {
    return `${details['name']} ${details['id']}${details['outcome'] === 'discarded' ? ', which nobody waits for: lost' : ''}`;
  }
  if (Array.isArray(details['pools'])) return details['pools'].join(', ');
  if (type === 'ItemsAdded') return `${details['length']} more`;
  if (typeof workerName === 'string') return workerName;
  if (typeof by === 'string') return `by ${by}`;
  if (typeof event === 'string') return `event ${event}`;
  if (typeof resource !== 'string') return '';
  return typeof resourceType === 'string' ? `${resourceType}:${resource}` : resource;
}
