import type { AllocateTask } from '../../model/command.ts';
import type { TaskAssignment } from '../../model/effect.ts';
import { isJsonObject, type Json } from '../../model/json.ts';
import type { AllocationRequest } from '../../model/work-item.ts';
import type { Ids } from '../../ports/clock.ts';
import type { KeyValueStore } from '../../ports/key-value-store.ts';
import { type Allocation, allocate, eligible, type Standing } from './allocate.ts';
import type { Participant } from './participant.ts';
import type { Participants } from './participants.ts';

/** The lists of what each one has to do. */
export interface Queues {
  /** How many open items are for the person; those beyond 1,000 are not counted. */
  lengthOf(person: string): Promise<number>;
  /** Puts the item into the person's list. */
  reserve(task: TaskAssignment, person: string): Promise<void>;
  /** Takes it out of that list again. */
  giveUp(task: TaskAssignment, person: string): Promise<void>;
}

const TURNS = 'allocation-turns';
const NOBODY = 'allocation-nobody';
/** Of tries against others who choose among the same people at the same moment. */
const MAX_TRIES = 50;
const TWO_32 = 2 ** 32;

/**
 * Chooses who is to do a work item. Whose turn it is, and that nobody else has chosen since the queues were looked at,
 * stands in one record for each group of people, written by compare-and-set. A crash in between may choose twice: what
 * the execution has on record first counts.
 */
export class ResourceAllocator {
  readonly participants: Participants;
  readonly #store: KeyValueStore;
  readonly #queues: Queues;
  readonly #ids: Ids;
  readonly #choosing = new Map<string, Promise<void>>();

  constructor(parts: {
    readonly store: KeyValueStore;
    readonly participants: Participants;
    readonly queues: Queues;
    readonly ids: Ids;
  }) {
    this.#store = parts.store;
    this.#queues = parts.queues;
    this.#ids = parts.ids;
    this.participants = parts.participants;
  }

  /** The answer to what the task asks for; `undefined`: it asks for nobody. */
  async answer(task: TaskAssignment): Promise<AllocateTask | undefined> {
    const wanted = task.staffing?.wanted;
    if (wanted === undefined) return undefined;
    const chosen = await this.#choose(task, wanted);
    const isNobody = 'candidates' in chosen && chosen.candidates.length === 0;
    const { execution, activation, attempt } = task;
    if (isNobody) await this.#store.put(NOBODY, keyOf(task), { execution, activation }, 'any');
    return { type: 'AllocateTask', activation, attempt, round: wanted.round, ...chosen };
  }

  /** Items that nobody fitted, or that have been given to somebody since: whoever looks at one takes it out. */
  async unfilled(limit: number): Promise<readonly { readonly execution: string; readonly activation: number }[]> {
    const { items } = await this.#store.list(NOBODY, { limit });
    return items.flatMap(({ value }) => {
      if (!isJsonObject(value)) return [];
      const { execution, activation } = value;
      return typeof execution === 'string' && typeof activation === 'number' ? [{ execution, activation }] : [];
    });
  }

  async filled(item: { readonly execution: string; readonly activation: number }): Promise<void> {
    await this.#store.delete(NOBODY, keyOf(item), 'any');
  }

  async #choose(task: TaskAssignment, wanted: AllocationRequest): Promise<Allocation> {
    const known = await this.participants.all();
    if (wanted.strategy === 'random') {
      return allocate(wanted, known, { random: this.#ids.random32() / TWO_32 });
    }
    const isShared = wanted.strategy === 'roundRobin' || wanted.strategy === 'shortestQueue';
    const sure = allocate(wanted, known, {});
    // Who is familiar with it, or the only one, needs no comparison.
    if (!isShared || 'candidates' in sure || sure.assignee === wanted.familiar) return sure;
    return this.#inTurn(groupOf(wanted), (group) => this.#compare(task, wanted, known, group));
  }

  /** One after the other in this process, so that only others are competed with. */
  async #inTurn<T>(group: string, choose: (group: string) => Promise<T>): Promise<T> {
    const before = this.#choosing.get(group) ?? Promise.resolve();
    const choice = before.then(() => choose(group));
    const done = choice.then(
      () => {},
      () => {},
    );
    this.#choosing.set(group, done);
    try {
      return await choice;
    } finally {
      if (this.#choosing.get(group) === done) this.#choosing.delete(group);
    }
  }

  async #compare(
    task: TaskAssignment,
    wanted: AllocationRequest,
    known: readonly Participant[],
    group: string,
  ): Promise<Allocation> {
    const people = eligible(wanted, known);
    for (let tries = 1; ; tries += 1) {
      const turn = await this.#store.get(TURNS, group);
      const last = lastIn(turn?.value);
      const standing: Standing = {
        ...(last === undefined ? {} : { last }),
        ...(wanted.strategy === 'shortestQueue' ? { queues: await this.#lengths(people) } : {}),
      };
      const chosen = allocate(wanted, known, standing);
      if (!('assignee' in chosen)) return chosen;
      const { assignee } = chosen;
      // In the list before the record, so that whoever reads the record next finds it counted.
      if (wanted.strategy === 'shortestQueue') await this.#queues.reserve(task, assignee);
      const written = await this.#store.put(TURNS, group, { last: assignee }, turn?.version ?? 0);
      if (written !== 'conflict' || tries === MAX_TRIES) return chosen;
      if (wanted.strategy === 'shortestQueue') await this.#queues.giveUp(task, assignee);
    }
  }

  async #lengths(people: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const lengths = people.map(async (person) => [person, await this.#queues.lengthOf(person)] as const);
    return new Map(await Promise.all(lengths));
  }
}

/** Those who take turns, or share their queues: the same request of different states has one turn. */
function groupOf({ strategy, role = '', capabilities = [], candidates = [] }: AllocationRequest): string {
  const text = JSON.stringify([strategy, role, [...capabilities].sort(), [...candidates].sort()]);
  return text.length <= MAX_KEY ? text : `${text.slice(0, MAX_KEY - HASH_LENGTH)}${hash(text)}`;
}

const MAX_KEY = 512;
const HASH_LENGTH = 8;

/** FNV-1a, 32 bits: tells long names apart, where a collision only means a shared turn. */
function hash(text: string): string {
  let value = 0x811c9dc5;
  for (const char of text) value = Math.imul(value ^ (char.codePointAt(0) ?? 0), 0x01000193);
  return (value >>> 0).toString(16).padStart(HASH_LENGTH, '0');
}

function lastIn(value: Json | undefined): string | undefined {
  const last = isJsonObject(value ?? null) ? (value as { last?: Json }).last : undefined;
  return typeof last === 'string' ? last : undefined;
}

function keyOf({ execution, activation }: { readonly execution: string; readonly activation: number }): string {
  return `${execution} ${activation}`;
}
