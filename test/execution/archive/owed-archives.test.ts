import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  MemoryArchiveStore,
  MemoryEventStore,
  MemoryKeyValueStore,
  SeededIds,
  SimulatedClock,
} from '../../../lib/adapters/memory/index.ts';
import { Archive } from '../../../lib/execution/archive/archive.ts';
import { ArchiveRecords } from '../../../lib/execution/archive/archive-records.ts';
import { ArchivesLate, OwedArchives } from '../../../lib/execution/archive/owed-archives.ts';
import type { ExecutionEvent } from '../../../lib/model/event.ts';
import type { ArchiveObject, ArchiveStore } from '../../../lib/ports/archive-store.ts';
import { StoreUnavailable } from '../../../lib/ports/event-store.ts';
import { checkBundle } from '../../../lib/provenance/bundle.ts';
import { encodeCommit } from '../../../lib/state/commit.ts';
import { StateManager } from '../../../lib/state/state-manager.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const COMMITS = 450;

/** An archive that does not always take what it is given. */
class Weather implements ArchiveStore {
  readonly inner: MemoryArchiveStore;
  now: 'fine' | 'away' | 'closed' | 'silent' = 'fine';
  puts = 0;
  takesMs = 0;
  readonly #clock: SimulatedClock;

  constructor(clock: SimulatedClock) {
    this.#clock = clock;
    this.inner = new MemoryArchiveStore(clock);
  }

  async put(object: ArchiveObject): Promise<void> {
    this.puts += 1;
    this.#clock.advance(this.takesMs);
    if (this.now === 'away') throw new StoreUnavailable('Try again.');
    if (this.now === 'closed') throw new Error('AccessDenied');
    if (this.now === 'silent') await new Promise(() => {});
    return this.inner.put(object);
  }

  list = (prefix: string) => this.inner.list(prefix);
  hold = (key: string, isHeld: boolean) => this.inner.hold(key, isHeld);
}

function openWorld(commitsPerObject = 5_000) {
  const clock = new SimulatedClock();
  const ids = new SeededIds(1);
  const store = new MemoryKeyValueStore();
  const events = new MemoryEventStore();
  const planOf = () => expect.fail('Nothing is to be replayed.');
  const states = new StateManager({ store: events, planOf, ids, exclusive: false });
  const objects = new Weather(clock);
  const records = new ArchiveRecords({ store, clock, ids });
  const archive = new Archive({ states, records, store: objects, ids, takesHolds: true, commitsPerObject });
  const logged: string[] = [];
  const telemetry = { log: (level: string) => void logged.push(level) };
  const owed = new OwedArchives({ archive, store, clock, telemetry });
  return { clock, ids, store, events, objects, archive, owed, logged };
}

type World = ReturnType<typeof openWorld>;

const arnOf = (name: string) => `arn:aws:states:eu-central-1:123456789012:execution:w:${name}`;

async function write({ events, ids }: World, name: string, commits: number): Promise<void> {
  let previous: string | undefined;
  for (let number = 0; number < commits; number += 1) {
    const some: ExecutionEvent[] = [{ type: 'TaskSucceeded', id: number, output: { number }, at: number }];
    const draft = { execution: arnOf(name), number, events: some, text: JSON.stringify(some), snapshot: undefined };
    const { body, hash } = encodeCommit({ ...draft, previous }, ids);
    previous = hash;
    await events.append({ execution: arnOf(name), number, body });
  }
}

/** As many times as something is due within this time. */
async function sweepFor({ clock, owed }: World, ms: number): Promise<void> {
  for (const end = clock.now() + ms; clock.now() < end; clock.advance(MINUTE)) await owed.sweep().catch(() => {});
}

describe('Archives that are owed', () => {
  test('come to be, all of them and each once, whatever the weather was', async () => {
    const weather = fc.constantFrom('fine', 'away', 'closed');
    const close = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), commits: fc.integer({ min: 1, max: 5 }) });
    const step = fc.oneof(
      fc.record({ weather }),
      fc.record({ closings: fc.array(close, { maxLength: 4 }) }),
      fc.record({ minutes: fc.integer({ min: 0, max: 90 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 20 }), async (steps) => {
        const world = openWorld(2);
        const { owed, objects, clock, archive, store } = world;
        for (const name of ['a', 'b', 'c', 'd']) await write(world, name, 5);
        const wanted = new Map<string, number>();
        for (const one of steps) {
          if ('weather' in one) objects.now = one.weather;
          else if ('minutes' in one) await sweepFor(world, one.minutes * MINUTE);
          else {
            await owed.deliver(one.closings.map(({ name, commits }) => ({ execution: arnOf(name), commits })));
            for (const { name, commits } of one.closings) wanted.set(name, Math.max(commits, wanted.get(name) ?? 0));
          }
        }
        objects.now = 'fine';
        clock.advance(HOUR);
        await sweepFor(world, 2 * MINUTE);
        expect((await store.list('owedArchives', { limit: 1 })).items).toEqual([]);
        for (const [name, commits] of wanted) {
          const logs = (await archive.list(arnOf(name))).filter((log) => log.commits === commits);
          expect(logs.map(({ part }) => part)).toEqual(
            commits <= 2 ? [undefined] : [0, 1, 2].slice(0, Math.ceil(commits / 2)),
          );
        }
      }),
      { numRuns: 60 },
    );
  });

  /** What an auditor has downloaded, one after another. */
  async function downloaded({ archive, objects }: World, name: string): Promise<string> {
    const logs = await archive.list(arnOf(name));
    const contents = logs.map(({ location }) => objects.inner.contentOf(location.replace('memory:', '')) ?? []);
    return gunzipSync(Buffer.concat(contents.map((content) => Buffer.from(content)))).toString();
  }

  test.each([
    [5_000, [undefined]],
    [100, [0, 1, 2, 3, 4]],
  ])('are what the log was, in objects of %i commits', async (commitsPerObject, parts) => {
    const world = openWorld(commitsPerObject);
    await write(world, 'long', COMMITS);
    await world.owed.deliver([{ execution: arnOf('long'), commits: COMMITS - 1 }]);
    expect((await world.archive.list(arnOf('long'))).map(({ part }) => part)).toEqual(parts);
    const text = await downloaded(world, 'long');
    async function* lines() {
      yield* text.split('\n');
    }
    const checked = [];
    for await (const one of checkBundle(lines(), '')) checked.push(one);
    expect(checked).toMatchObject([{ commits: COMMITS - 1, encrypted: COMMITS - 1, erased: 0, faults: [] }]);
  });

  test('go on where they were when the time was over', async () => {
    const world = openWorld(100);
    const { owed, objects, clock, archive } = world;
    await write(world, 'long', COMMITS);
    objects.takesMs = 6_000;
    await owed.deliver([{ execution: arnOf('long'), commits: COMMITS }]);
    expect(await archive.list(arnOf('long'))).toHaveLength(2);
    await sweepFor(world, 3 * MINUTE);
    expect(await archive.list(arnOf('long'))).toHaveLength(5);
    expect(objects.puts).toBe(5);
    expect((await downloaded(world, 'long')).split('\n')).toHaveLength(COMMITS + 3);
    expect(clock.scheduled).toBe(0);
  });

  test('are not tried while the store is away, and later and later when it refuses one', async () => {
    const world = openWorld();
    const { owed, objects, clock } = world;
    for (const name of ['a', 'b']) await write(world, name, 1);
    objects.now = 'away';
    await owed.deliver([{ execution: arnOf('a'), commits: 1 }]);
    await owed.deliver([{ execution: arnOf('b'), commits: 1 }]);
    expect(objects.puts).toBe(1);
    objects.now = 'closed';
    objects.puts = 0;
    clock.advance(MINUTE);
    await sweepFor(world, 12 * HOUR);
    expect(objects.puts).toBeGreaterThan(2 * 12);
    expect(objects.puts).toBeLessThan(2 * 20);
  });

  test('are told of when they are late, and others do not wait for one that never comes', async () => {
    const world = openWorld();
    const { owed, objects, clock, archive, logged } = world;
    for (const name of ['a', 'b']) await write(world, name, 1);
    objects.now = 'closed';
    await owed.deliver([{ execution: arnOf('a'), commits: 1 }]);
    expect(await owed.sweep()).toBe(0);
    clock.advance(HOUR);
    await expect(owed.sweep()).rejects.toThrow(ArchivesLate);
    objects.now = 'fine';
    await owed.deliver([{ execution: arnOf('b'), commits: 1 }]);
    expect(await archive.list(arnOf('b'))).toHaveLength(1);
    clock.advance(HOUR);
    expect(await owed.sweep()).toBe(1);
    expect(logged).toContain('error');
  });

  test('hold up nobody when the store is silent', async () => {
    const world = openWorld();
    const { owed, objects, clock, archive } = world;
    await write(world, 'a', 1);
    objects.now = 'silent';
    const delivery = owed.deliver([{ execution: arnOf('a'), commits: 1 }]);
    await clock.run({ until: clock.now() + MINUTE });
    await delivery;
    objects.now = 'fine';
    clock.advance(MINUTE);
    expect(await owed.sweep()).toBe(1);
    expect(await archive.list(arnOf('a'))).toHaveLength(1);
  });

  test('are given up where the log has expired', async () => {
    const world = openWorld();
    await world.owed.deliver([{ execution: arnOf('gone'), commits: 3 }]);
    expect(world.logged).toEqual(['error']);
    expect((await world.store.list('owedArchives', { limit: 1 })).items).toEqual([]);
  });
});
