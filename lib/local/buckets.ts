import { FolderObjectStore, SystemClock, SystemIds } from '../adapters/system/index.ts';
import type { ObjectStore } from '../ports/object-store.ts';
import { callRetries } from '../resilience/call-retries.ts';

/** The value of `buckets` that means S3. */
export const S3_BUCKETS = 's3';

/** The buckets that maps read from and write to, until they are closed. */
export interface Buckets {
  readonly store: ObjectStore;
  close(): void;
}

/** `place`: a folder whose folders are the buckets, or `s3`: S3, or what `AWS_ENDPOINT_URL_S3` names in its place. */
export async function openBuckets(place: string, env: Readonly<Record<string, string | undefined>>): Promise<Buckets> {
  if (place !== S3_BUCKETS) return { store: new FolderObjectStore(place), close: () => {} };
  // Loaded only where it is used: it takes longer than everything else together.
  const [{ S3ObjectStore }, { AwsClients }] = await Promise.all([
    import('../adapters/aws/s3-object-store.ts'),
    import('../adapters/aws/clients.ts'),
  ]);
  const endpoint = env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL'];
  const clients = new AwsClients({
    retries: callRetries(new SystemClock(), new SystemIds(), undefined),
    ...(endpoint === undefined ? {} : { endpoints: { s3: endpoint } }),
  });
  return { store: new S3ObjectStore(() => clients.s3()), close: () => clients.destroy() };
}
