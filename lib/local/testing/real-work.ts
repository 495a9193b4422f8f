import { TestError } from './errors.ts';

/** How long nothing may happen while real work is under way, ms. */
const PATIENCE_MS = 30_000;

/**
 * What goes on outside of simulated time: mock functions and handlers that really wait for something. Simulated time stands
 * still while there is any.
 */
export class RealWork {
  readonly #patience: number;
  readonly #underWay = new Map<symbol, string>();
  #changed: (() => void) | undefined;

  constructor(patienceMs: number = PATIENCE_MS) {
    this.#patience = patienceMs;
  }

  /** Counts as under way until the result is called; again has no effect. `who` is named if it takes too long. */
  begin(who: string): () => void {
    const work = Symbol(who);
    this.#underWay.set(work, who);
    return () => {
      this.#underWay.delete(work);
      this.#changed?.();
    };
  }

  /** Resolves once all that can happen at this moment of simulated time has happened. @throws TestError `Knhk.MockTooSlow` */
  async settle(isOver: () => boolean): Promise<void> {
    for (;;) {
      await rounds();
      if (this.#underWay.size === 0 || isOver()) return;
      await this.#change();
    }
  }

  async #change(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const names = [...new Set(this.#underWay.values())].join(', ');
    try {
      await new Promise<void>((resolve, reject) => {
        this.#changed = resolve;
        timer = setTimeout(() => reject(tooSlow(names, this.#patience)), this.#patience);
      });
    } finally {
      this.#changed = undefined;
      clearTimeout(timer);
    }
  }
}

function tooSlow(names: string, ms: number): TestError {
  return new TestError(
    'Knhk.MockTooSlow',
    `What stands for state ${names} has really taken ${ms / 1000} s without an answer. Simulated time passes with 'await call.wait(seconds)', and 'await call.never()' never answers.`,
  );
}

/** Turns of the event loop after which what one callback began has come to rest: all stores are in memory. */
const ROUNDS = 3;

async function rounds(): Promise<void> {
  for (let round = 0; round < ROUNDS; round += 1) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
