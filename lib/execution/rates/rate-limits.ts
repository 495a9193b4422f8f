import type { Clock } from '../../ports/clock.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import type { Telemetry } from '../../ports/telemetry.ts';
import { EACH, formatLimitName, type LimitName, type RateLimitTable, readRate } from '../../resilience/rate-limit.ts';
import type { Rate } from '../../resilience/token-bucket.ts';

export interface RateLimitsParts {
  readonly store: KeyValueStore;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** Those of the deployment; what is set at run time goes before them. */
  readonly configured: RateLimitTable;
  /** How old what is known may be before it is looked at again, ms. */
  readonly freshForMs: number;
}

export interface ConfiguredLimit {
  readonly name: string;
  readonly rate: Rate;
  /** Of the deployment, and not set at run time. */
  readonly isDefault: boolean;
}

const COLLECTION = 'rateLimits';
const PAGE = 1_000;

/**
 * Which limits there are. They are looked at in the background while calls are made: one after a change by another process
 * and later than `freshForMs` may still go by what was, the ones after it do not. So a call costs nothing where there are none.
 */
export class RateLimits {
  readonly #parts: RateLimitsParts;
  #stored: RateLimitTable = new Map();
  #kinds: ReadonlySet<string> = new Set();
  #freshUntil = Number.NEGATIVE_INFINITY;
  #loading: Promise<void> | undefined;
  #changes = 0;
  #isKnown = false;

  constructor(parts: RateLimitsParts) {
    this.#parts = parts;
    this.#know(new Map());
  }

  /** `false`: they have to be loaded first. */
  get isKnown(): boolean {
    return this.#isKnown;
  }

  /** Whether anything of this kind has a limit. */
  has(kind: LimitName['kind']): boolean {
    if (this.#parts.clock.now() >= this.#freshUntil) void this.load();
    return this.#kinds.has(kind);
  }

  /** Its own limit, or that of each of its kind; `undefined`: it has none. */
  of({ kind, of }: LimitName): Rate | undefined {
    if (!this.has(kind)) return undefined;
    const own = formatLimitName({ kind, of });
    const each = formatLimitName({ kind, of: EACH });
    const { configured } = this.#parts;
    return this.#stored.get(own) ?? configured.get(own) ?? this.#stored.get(each) ?? configured.get(each);
  }

  /** Never rejects: what cannot be read stays as it was. */
  load(): Promise<void> {
    this.#loading ??= this.#load().finally(() => {
      this.#loading = undefined;
    });
    return this.#loading;
  }

  /** As they are in the store, in the order of their names. */
  async list(): Promise<readonly ConfiguredLimit[]> {
    const stored = await this.#read();
    const names = [...new Set([...stored.keys(), ...this.#parts.configured.keys()])].sort();
    return names.flatMap((name) => limitAmong(stored, this.#parts.configured, name) ?? []);
  }

  async get(name: string): Promise<ConfiguredLimit | undefined> {
    const record = await this.#parts.store.get(COLLECTION, name);
    const rate = record === undefined ? undefined : readRate(record.value);
    return limitAmong(new Map(rate === undefined ? [] : [[name, rate]]), this.#parts.configured, name);
  }

  async put(name: string, { rate, burst }: Rate): Promise<void> {
    await this.#parts.store.put(COLLECTION, name, { rate, burst }, 'any');
    this.#changes += 1;
    this.#know(new Map([...this.#stored, [name, { rate, burst }]]));
  }

  /** Those of the deployment stay. False: it was not set at run time. */
  async delete(name: string): Promise<boolean> {
    if ((await this.#parts.store.get(COLLECTION, name)) === undefined) return false;
    await this.#parts.store.delete(COLLECTION, name, 'any');
    this.#changes += 1;
    this.#know(new Map([...this.#stored].filter(([other]) => other !== name)));
    return true;
  }

  async #load(): Promise<void> {
    const { clock, telemetry, freshForMs } = this.#parts;
    this.#freshUntil = clock.now() + freshForMs;
    const changes = this.#changes;
    try {
      const stored = await this.#read();
      // What was read may be older than a change of this process.
      if (changes === this.#changes) this.#know(stored);
      this.#isKnown = true;
    } catch (error) {
      telemetry.log('warn', 'Rate limits could not be read; they stay as they were.', { error });
    }
  }

  async #read(): Promise<RateLimitTable> {
    const found = new Map<string, Rate>();
    let after: string | undefined;
    do {
      const page = await this.#parts.store.list(COLLECTION, { limit: PAGE, ...(after === undefined ? {} : { after }) });
      for (const { key, value } of page.items) {
        const rate = readRate(value);
        if (rate !== undefined) found.set(key, rate);
      }
      after = page.next;
    } while (after !== undefined);
    return found;
  }

  #know(stored: RateLimitTable): void {
    this.#stored = stored;
    const names = [...stored.keys(), ...this.#parts.configured.keys()];
    this.#kinds = new Set(names.map((name) => name.slice(0, name.indexOf(':'))));
  }
}

function limitAmong(stored: RateLimitTable, configured: RateLimitTable, name: string): ConfiguredLimit | undefined {
  const rate = stored.get(name) ?? configured.get(name);
  return rate === undefined ? undefined : { name, rate, isDefault: !stored.has(name) };
}
