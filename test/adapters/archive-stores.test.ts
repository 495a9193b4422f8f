import { describe, expect, onTestFinished, test } from 'vitest';
import { S3ArchiveStore } from '../../lib/adapters/aws/s3-archive-store.ts';
import { MemoryArchiveStore, SimulatedClock } from '../../lib/adapters/memory/index.ts';
import { StoreUnavailable } from '../../lib/ports/event-store.ts';
import { describeArchiveStore } from '../contracts/archive-store.ts';
import { emulatedClients } from './aws/emulators.ts';
import { LockedS3 } from './aws/locked-s3.ts';

describeArchiveStore('memory', async () => {
  const store = new MemoryArchiveStore(new SimulatedClock());
  return { store, contentOf: (key) => store.contentOf(key), close: () => {} };
});

async function openS3() {
  const s3 = new LockedS3('archive', 30);
  const clients = emulatedClients({ s3: await s3.start() }, 2);
  const store = new S3ArchiveStore({ client: () => clients.s3(), bucket: 'archive' });
  const close = () => {
    clients.destroy();
    s3.stop();
  };
  return { s3, store, close, contentOf: (key: string) => s3.objects.get(`archive/${key}`)?.content };
}

describeArchiveStore('S3', openS3);

describe('What S3 refuses', () => {
  test.each([
    ['SlowDown', 503, StoreUnavailable],
    ['AccessDenied', 403, Error],
  ])('%s is told', async (code, status, kind) => {
    const { s3, store, close } = await openS3();
    onTestFinished(close);
    s3.refusal = { code, status };
    const put = store.put({ key: 'k', content: Buffer.from('x'), isHeld: false });
    await expect(put).rejects.toThrow(kind);
    await expect(store.hold('k', true)).rejects.toThrow(kind);
    await expect(store.list('k')).rejects.toThrow(kind);
  });
});
