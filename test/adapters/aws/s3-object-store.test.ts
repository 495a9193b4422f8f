import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { AwsClients } from '../../../lib/adapters/aws/clients.ts';
import { S3ObjectStore } from '../../../lib/adapters/aws/s3-object-store.ts';
import { ObjectStoreError, ObjectTooLarge } from '../../../lib/ports/object-store.ts';
import { emulatedClients } from './emulators.ts';

/** S3 as it answers what emulators do not: refusals, throttling, versions, owners. */
let server: Server;
let clients: AwsClients;
let store: S3ObjectStore;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let seen: IncomingMessage[];

beforeAll(async () => {
  server = createServer((request, response) => {
    seen.push(request);
    answer(request, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  clients = emulatedClients({ s3: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }, 2);
  store = new S3ObjectStore(() => clients.s3());
});
beforeEach(() => {
  seen = [];
});
afterAll(() => {
  clients.destroy();
  server.closeAllConnections();
  server.close();
});

function refuses(status: number, code: string, message: string): void {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  answer = (_, response) => response.writeHead(status, { 'content-type': 'application/xml' }).end(body);
}

const object = { bucket: 'b', key: 'in/k.csv' };

test('a refusal keeps the name and the words of S3', async () => {
  refuses(403, 'AccessDenied', 'Access Denied');
  const requests = [() => store.get(object, 10), () => store.list({ bucket: 'b' }), () => store.put(object, 'x')];
  for (const request of requests) {
    const asked = request();
    await expect(asked).rejects.toThrow(ObjectStoreError);
    await expect(asked).rejects.toMatchObject({ code: 'AccessDenied', message: 'Access Denied' });
  }
});

test('throttling is tried again, then told', async () => {
  refuses(503, 'SlowDown', 'Please reduce your request rate.');
  await expect(store.get(object, 10)).rejects.toMatchObject({ name: 'ObjectStoreError', code: 'SlowDown' });
  expect(seen).toHaveLength(2);
});

test('versions and owners are asked for', async () => {
  answer = (_, response) => response.end('v');
  await store.get({ ...object, versionId: 'v1', expectedBucketOwner: '111122223333' }, 10);
  await store.put({ ...object, expectedBucketOwner: '111122223333' }, 'x');
  expect(seen.map(({ url }) => url)).toEqual(['/b/in/k.csv?versionId=v1&x-id=GetObject', '/b/in/k.csv?x-id=PutObject']);
  expect(seen.map(({ headers }) => headers['x-amz-expected-bucket-owner'])).toEqual(['111122223333', '111122223333']);
});

test('of an object that is too large nothing more is read', async () => {
  const gone = Promise.withResolvers<void>();
  answer = (_, response) => {
    response.on('close', () => gone.resolve());
    response.writeHead(200, { 'content-length': '1000000' }).write('some');
  };
  await expect(store.get(object, 999_999)).rejects.toThrow(ObjectTooLarge);
  // The rest never comes: the connection ends because the store has given it up.
  await gone.promise;
});
