import { expect, test } from 'vitest';
import { foreignCaller } from '../../lib/local/loopback.ts';

const caller = (headers: Record<string, string>) => foreignCaller(new Headers(headers));

test.each([
  [{}],
  [{ host: 'localhost:8080' }],
  [{ host: 'sync-localhost:8080' }],
  [{ host: '127.0.0.1:8080', origin: 'http://localhost:3000' }],
  [{ host: '[::1]:8080' }],
])('lets programs and pages of this machine in: %j', (headers) => {
  expect(caller(headers)).toBeUndefined();
});

test.each([
  [{ host: 'rebound.example:8080' }],
  [{ host: 'localhost.example' }],
  [{ host: 'sync-localhost.example' }],
  [{ host: 'localhost:8080', origin: 'https://example.com' }],
  [{ host: 'localhost:8080', origin: 'null' }],
])('keeps pages from elsewhere out: %j', (headers) => {
  expect(caller(headers)).toContain('localhost');
});
