import { vi } from 'vitest';
import type { Dice } from '../execution/simulation/dice.ts';
import { HANDLERS, type Handlers } from './cloud.ts';
import { Wire } from './wire.ts';

type Kind = keyof Handlers;

/** Variables that say where services are. */
const WAYS = [
  'KNHK_DYNAMODB_ENDPOINT',
  'KNHK_SQS_ENDPOINT',
  'KNHK_S3_ENDPOINT',
  'KNHK_LAMBDA_ENDPOINT',
  'AWS_ENDPOINT_URL_SQS',
] as const;

export class SandboxDied extends Error {
  override readonly name = 'SandboxDied';
}

/** An invocation dies at one of its first requests, so many, or not at all. */
const REQUESTS = 20;

/**
 * Sandboxes as Lambda has them: each has a function loaded for itself and serves one invocation at a time, and the next
 * one afterwards with what it has in memory. Some die: at one of their requests to another service, before it has been
 * sent or after it has been carried out; whoever invoked them is not answered, and nothing of theirs gets out any more.
 */
export class Sandboxes {
  readonly handlers: Handlers = {
    api: (event, context) => this.#invoke('api', (handler) => handler(event, context)),
    executor: (event, context) => this.#invoke('executor', (handler) => handler(event, context)),
    projector: (event, context) => this.#invoke('projector', (handler) => handler(event, context)),
  };
  /** How many have died. */
  died = 0;
  invocations = 0;
  /** The probability that an invocation is to die, if it makes enough requests. */
  mortality = 0;
  readonly #dice: Dice;
  readonly #idle = new Map<Kind, Sandbox<Kind>[]>();
  readonly #wires: Wire[] = [];
  #loading: Promise<unknown> = Promise.resolve();

  constructor(dice: Dice) {
    this.#dice = dice;
  }

  async close(): Promise<void> {
    await Promise.all(this.#wires.map((wire) => wire.close()));
  }

  async #invoke<K extends Kind, R>(kind: K, call: (handler: Handlers[K]) => Promise<R>): Promise<R> {
    const idle = (this.#idle.get(kind) ?? []) as unknown as Sandbox<K>[];
    this.#idle.set(kind, idle as unknown as Sandbox<Kind>[]);
    const sandbox = idle.pop() ?? (await this.#open(kind));
    this.invocations += 1;
    if (this.#dice.chance(this.mortality)) {
      sandbox.plan(this.#dice.below(REQUESTS), this.#dice.chance(0.5) ? 'swallowed' : 'unanswered');
    }
    try {
      const result = await Promise.race([call(sandbox.handler), sandbox.died]);
      idle.push(sandbox);
      return result;
    } catch (error) {
      if (error instanceof SandboxDied) this.died += 1;
      else idle.push(sandbox);
      throw error;
    }
  }

  /** One after the other: modules read the environment, of which there is one. */
  #open<K extends Kind>(kind: K): Promise<Sandbox<K>> {
    const opened = this.#loading.then(async () => {
      const fate = new Doom();
      const before = WAYS.map((name) => [name, process.env[name] ?? ''] as const);
      const wires = before.map(
        ([, target]) =>
          new Wire(
            target,
            () => fate.next(),
            () => fate.strike(),
          ),
      );
      this.#wires.push(...wires);
      const urls = await Promise.all(wires.map((wire) => wire.open()));
      for (const [at, [name]] of before.entries()) vi.stubEnv(name, urls[at]);
      vi.resetModules();
      const handler = await HANDLERS[kind]();
      for (const [name, value] of before) vi.stubEnv(name, value);
      return new Sandbox(handler, fate, wires);
    });
    this.#loading = opened;
    return opened;
  }
}

/** When a sandbox dies, counted in requests. */
class Doom {
  struck: () => void = () => {};
  #left = Number.POSITIVE_INFINITY;
  #how: 'swallowed' | 'unanswered' = 'swallowed';

  plan(requests: number, how: 'swallowed' | 'unanswered'): void {
    this.#left = requests;
    this.#how = how;
  }

  next() {
    this.#left -= 1;
    return this.#left === -1 ? this.#how : 'answered';
  }

  strike(): void {
    this.struck();
  }
}

class Sandbox<K extends Kind> {
  readonly handler: Handlers[K];
  readonly died: Promise<never>;
  readonly #doom: Doom;

  constructor(handler: Handlers[K], doom: Doom, wires: readonly Wire[]) {
    this.handler = handler;
    this.#doom = doom;
    const { promise, reject } = Promise.withResolvers<never>();
    promise.catch(() => {});
    this.died = promise;
    doom.struck = () => {
      for (const wire of wires) wire.cut();
      reject(new SandboxDied('The sandbox has died.'));
    };
  }

  plan(requests: number, how: 'swallowed' | 'unanswered'): void {
    this.#doom.plan(requests, how);
  }
}
