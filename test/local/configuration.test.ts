import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { CONFIGURATION_FILE, readConfiguration, readConfigurationFile } from '../../lib/local/configuration.ts';
import { folderForTest } from './knhk-process.ts';

test('flags come before the environment, that before the file, that before the defaults', () => {
  expect(readConfiguration({}, {}, {})).toEqual({
    port: 8080,
    dataDir: resolve('.knhk'),
    buckets: resolve('buckets'),
  });
  const file = { port: '1', dataDir: 'file', handlers: 'file.ts', buckets: 's3' };
  const env = { PORT: '2', KNHK_DATA_DIR: 'env', KNHK_LAMBDA_ENDPOINT: 'http://127.0.0.1:9001' };
  expect(readConfiguration({ port: '3' }, env, file)).toEqual({
    port: 3,
    dataDir: resolve('env'),
    handlers: resolve('file.ts'),
    buckets: 's3',
    lambdaEndpoint: 'http://127.0.0.1:9001',
  });
});

test('the file is read where the command runs', async ({ onTestFinished }) => {
  const folder = await folderForTest(onTestFinished);
  expect(readConfigurationFile(folder)).toEqual({});
  await writeFile(join(folder, CONFIGURATION_FILE), '{ "port": 9000, "handlers": "./handlers.ts" }');
  expect(readConfigurationFile(folder)).toEqual({ port: '9000', handlers: './handlers.ts' });
});

const wrong = ['{', '{"prot": 1}', '{"port": "9000"}', '[]'];
test.for(wrong)('a file that is wrong is refused: %s', async (content, { onTestFinished }) => {
  const folder = await folderForTest(onTestFinished);
  await writeFile(join(folder, CONFIGURATION_FILE), content);
  expect(() => readConfigurationFile(folder)).toThrow(
    expect.objectContaining({ code: 'Knhk.BadConfiguration', message: expect.stringContaining(CONFIGURATION_FILE) }),
  );
});

test.each([
  [{ port: 'http' }, {}, 'PORT'],
  [{}, { PORT: '70000' }, 'PORT'],
  [{}, { KNHK_LAMBDA_ENDPOINT: 'localhost' }, 'KNHK_LAMBDA_ENDPOINT'],
])('what is wrong is named: %j %j', (flags, env, name) => {
  expect(() => readConfiguration(flags, env, {})).toThrow(name);
});

test('circuit breakers come from the file, and one that is not understood is refused by its target', () => {
  const file = { breakers: { '*': { minimumCalls: 5 } } };
  expect(readConfiguration({}, {}, file).breakers?.get('*')).toMatchObject({ minimumCalls: 5, openSeconds: 30 });
  const wrong = { breakers: { 'https://api.example.com': { open: 5 } } };
  expect(() => readConfiguration({}, {}, wrong)).toThrow('For "https://api.example.com": Leave out "open"');
});

test('rate limits come from the file, and one that is not understood is refused by its name', () => {
  const file = { rateLimits: { 'tenant:*': { rate: 50 } } };
  expect(readConfiguration({}, {}, file).rateLimits?.get('tenant:*')).toEqual({ rate: 50, burst: 50 });
  const wrong = { rateLimits: { 'tenant:*': { rate: -1 } } };
  expect(() => readConfiguration({}, {}, wrong)).toThrow('not -1. (rate limit "tenant:*")');
});

test('who may call: nobody is asked unless it is configured, and then from anywhere', () => {
  expect(readConfiguration({}, { KNHK_AUTH: 'none' }, {}).authentication).toBeUndefined();
  const configured = readConfiguration({}, { KNHK_AUTH: 'api-keys,access-keys', KNHK_HOST: '0.0.0.0' }, {});
  expect(configured).toMatchObject({
    host: '0.0.0.0',
    authentication: { methods: new Set(['api-keys', 'access-keys']) },
  });
  const file = { auth: { methods: ['jwt' as const], jwt: { issuer: 'https://one.example', audience: ['knhk'] } } };
  expect(readConfiguration({}, { KNHK_JWT_ISSUER: 'https://two.example' }, file).authentication?.jwt).toEqual({
    issuer: 'https://two.example',
    audience: ['knhk'],
  });
});

test.each([
  [{ KNHK_AUTH: 'password' }, 'KNHK_AUTH'],
  [{ KNHK_AUTH: 'none,jwt' }, 'KNHK_AUTH'],
  [{ KNHK_HOST: '0.0.0.0' }, 'KNHK_HOST'],
  [{ KNHK_HOST: 'engine.example.com', KNHK_AUTH: 'none' }, 'KNHK_HOST'],
  [{ KNHK_AUTH: 'jwt' }, 'issuer'],
  [{ KNHK_AUTH: 'jwt', KNHK_JWT_ISSUER: 'http://one.example', KNHK_JWT_AUDIENCE: 'knhk' }, 'https'],
  [{ KNHK_AUTH: 'jwt', KNHK_JWT_ISSUER: 'https://one.example' }, 'audience'],
  [{ KNHK_CORS_ORIGINS: '*' }, 'KNHK_CORS_ORIGINS'],
  [{ KNHK_CORS_ORIGINS: 'https://app.example.com/' }, 'KNHK_CORS_ORIGINS'],
])('access that is not safe is refused: %j', (env: Record<string, string>, word) => {
  expect(() => readConfiguration({}, env, {})).toThrow(word);
});
