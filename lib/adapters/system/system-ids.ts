import { randomFillSync, randomUUID } from 'node:crypto';
import type { Ids } from '../../ports/clock.ts';

const POOL_SIZE = 1024;

/** The operating system's randomness, fetched in stock: a call for each number would cost more than a step. */
export class SystemIds implements Ids {
  readonly #pool = new Uint32Array(POOL_SIZE);
  #next = POOL_SIZE;

  random32(): number {
    if (this.#next === POOL_SIZE) {
      randomFillSync(this.#pool);
      this.#next = 0;
    }
    const value = this.#pool[this.#next] ?? 0;
    this.#pool[this.#next] = 0;
    this.#next += 1;
    return value;
  }

  uuid(): string {
    return randomUUID();
  }
}
