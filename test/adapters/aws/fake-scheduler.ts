import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readWorkBody } from '../../../lib/adapters/aws/work-message.ts';
import type { Clock } from '../../../lib/ports/clock.ts';
import type { WorkMessage, WorkQueue } from '../../../lib/ports/work-queue.ts';

export interface ScheduleRequest {
  readonly method: string;
  readonly name: string;
  readonly body: {
    readonly GroupName: string;
    readonly ScheduleExpression: string;
    readonly Target: { readonly Arn: string; readonly RoleArn: string; readonly Input: string };
  };
}

interface Schedule {
  readonly body: ScheduleRequest['body'];
  readonly due: number;
  fired: boolean;
}

interface Delayed {
  readonly execution: string;
  readonly visibleAt: number;
}

/**
 * EventBridge Scheduler's API over HTTP, and a queue, both on a simulated clock. A schedule fires at the end of its
 * minute of tolerance, and is deleted `lingers` ms after that.
 */
export class FakeScheduler implements WorkQueue {
  readonly requests: ScheduleRequest[] = [];
  readonly #lingers: number;
  readonly #schedules = new Map<string, Schedule>();
  readonly #server: Server;
  #delayed: Delayed[] = [];
  #woken: string[] = [];
  #now = Date.UTC(2026, 10, 22, 21, 49, 48, 500);

  constructor(lingers = 0) {
    this.#lingers = lingers;
    this.#server = createServer(async (request, response) => {
      const text = Buffer.concat(await request.toArray()).toString();
      const name = /^\/schedules\/([^?]+)/.exec(request.url ?? '')?.[1] ?? '';
      const called: ScheduleRequest = { method: request.method ?? '', name, body: text ? JSON.parse(text) : {} };
      this.requests.push(called);
      const { status, body, error } = this.#handle(called);
      response.writeHead(status, {
        'content-type': 'application/json',
        ...(error ? { 'x-amzn-ErrorType': error } : {}),
      });
      response.end(JSON.stringify(body));
    });
  }

  readonly clock: Clock = {
    now: () => this.#now,
    after: () => {
      throw new Error('Timers of this clock are not needed here.');
    },
  };

  async start(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async send(messages: readonly WorkMessage[]): Promise<void> {
    for (const { execution, delaySeconds = 0 } of messages) {
      this.#delayed.push({ execution, visibleAt: this.#now + delaySeconds * 1000 });
    }
    this.#deliver();
  }

  advanceTo(at: number): void {
    this.#now = Math.max(this.#now, at);
    for (const [name, schedule] of this.#schedules) {
      const firesAt = schedule.due + 60_000;
      if (!schedule.fired && firesAt <= this.#now) {
        schedule.fired = true;
        this.#woken.push(readWorkBody(schedule.body.Target.Input).execution);
      }
      if (firesAt + this.#lingers <= this.#now) this.#schedules.delete(name);
    }
    this.#deliver();
  }

  woken(): readonly string[] {
    return this.#woken.splice(0);
  }

  #deliver(): void {
    const isVisible = ({ visibleAt }: Delayed) => visibleAt <= this.#now;
    this.#woken.push(...this.#delayed.filter(isVisible).map(({ execution }) => execution));
    this.#delayed = this.#delayed.filter((message) => !isVisible(message));
  }

  #handle({ method, name, body }: ScheduleRequest): { status: number; body: unknown; error?: string } {
    const known = this.#schedules.get(name);
    if (method === 'GET') {
      return known ? { status: 200, body: known.body } : notFound;
    }
    if (method === 'POST' && known) return { status: 409, error: 'ConflictException', body: { Message: 'exists' } };
    if (method === 'PUT' && !known) return notFound;
    const time = /^at\((\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\)$/.exec(body.ScheduleExpression)?.[1];
    const due = Date.parse(`${time}Z`);
    if (Number.isNaN(due)) return { status: 400, error: 'ValidationException', body: { Message: 'bad expression' } };
    this.#schedules.set(name, { body, due, fired: false });
    return { status: 200, body: { ScheduleArn: `arn:aws:scheduler:us-east-1:123456789012:schedule/g/${name}` } };
  }
}

const notFound = { status: 404, error: 'ResourceNotFoundException', body: { Message: 'does not exist' } };
