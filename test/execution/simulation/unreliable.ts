import type { Clock } from '../../../lib/ports/clock.ts';
import { StoreUnavailable } from '../../../lib/ports/event-store.ts';
import type { Dice } from './dice.ts';

/** How often what goes wrong, per call of a port. */
export interface Faults {
  /** The process dies, before or after the call took effect. */
  readonly crash: number;
  /** The call fails, before or after it took effect. */
  readonly unavailable: number;
  /** The store refuses all calls of the process, for some seconds from here on. */
  readonly throttled: number;
  /** The process stands still for up to two minutes. */
  readonly pause: number;
  /** The call takes some time. */
  readonly slow: number;
}

export const noFaults: Faults = { crash: 0, unavailable: 0, throttled: 0, pause: 0, slow: 0 };

const SLOW_MS = 200;
const PAUSE_MS = 120_000;
const THROTTLED_MS = 8_000;
/** Calls after which much has to be done yet. */
const RISKS: Readonly<Record<string, number>> = { deposit: 5 };

/** The life of one process: everything it asks of the world goes through here, and after its death nothing does. */
export class Life {
  readonly died: Promise<void>;
  readonly clock: Clock;
  /** When something last could not be put into an inbox, as far as the process knows; ms of the true time. */
  factLostAt = Number.NEGATIVE_INFINITY;
  readonly #world: Clock;
  readonly #dice: Dice;
  readonly #faults: () => Faults;
  readonly #die: () => void;
  #alive = true;
  #pausedUntil = 0;
  #throttledUntil = 0;

  /** @param skew how far its clock is ahead, ms. */
  constructor(world: Clock, dice: Dice, faults: () => Faults, skew: number) {
    this.#world = world;
    this.#dice = dice;
    this.#faults = faults;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.died = promise;
    this.#die = resolve;
    this.clock = {
      now: () => world.now() + skew,
      after: (delay, callback) => {
        let cancelled = false;
        const cancel = world.after(
          delay,
          () =>
            void this.#goOn(() => {
              if (!cancelled) callback();
            }),
        );
        return () => {
          cancelled = true;
          cancel();
        };
      },
    };
  }

  get isAlive(): boolean {
    return this.#alive;
  }

  crash(): void {
    this.#alive = false;
    this.#die();
  }

  /** A port whose calls take time, fail, or are the last thing that the process does. */
  port<T extends object>(port: T): T {
    return new Proxy(port, {
      get: (target, name) => {
        const member = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) =>
          this.#call(() => Reflect.apply(member, target, args), RISKS[String(name)]).catch((error: unknown) => {
            if (name === 'deposit') this.factLostAt = this.#world.now();
            throw error;
          });
      },
    });
  }

  /** @param risk of a crash: so many times as great as elsewhere. */
  async #call(effect: () => unknown, risk = 1): Promise<unknown> {
    const { crash: usual, unavailable, throttled, pause, slow } = this.#faults();
    const dice = this.#dice;
    const crash = usual * risk;
    await this.#stillAlive();
    const isSlow = dice.chance(slow);
    if (isSlow) await this.#time(dice.below(SLOW_MS));
    if (dice.chance(pause)) this.#pausedUntil = this.#world.now() + dice.below(PAUSE_MS);
    if (dice.chance(throttled)) this.#throttledUntil = this.#world.now() + dice.below(THROTTLED_MS);
    if (this.#world.now() < this.#throttledUntil) throw new StoreUnavailable('The store has too much to do.');
    const fate = dice.fraction();
    if (fate < crash / 2) this.crash();
    await this.#stillAlive();
    const fails = fate > 1 - unavailable;
    if (fails && fate > 1 - unavailable / 2) throw new StoreUnavailable('The store did not answer.');
    const result = await effect();
    if (isSlow) await this.#time(dice.below(SLOW_MS));
    if (dice.chance(pause)) this.#pausedUntil = this.#world.now() + dice.below(PAUSE_MS);
    if (fate < crash) this.crash();
    await this.#stillAlive();
    if (fails) throw new StoreUnavailable('The store did not answer, but did what it was asked.');
    return result;
  }

  async #goOn(next: () => void): Promise<void> {
    await this.#stillAlive();
    next();
  }

  /** Goes on once the process is neither paused nor dead. */
  async #stillAlive(): Promise<void> {
    while (this.#alive && this.#world.now() < this.#pausedUntil)
      await this.#time(this.#pausedUntil - this.#world.now());
    // One of its own: what all waited for would keep all that ever did.
    if (!this.#alive) await new Promise<never>(() => {});
  }

  #time(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#world.after(ms, resolve);
    });
  }
}
