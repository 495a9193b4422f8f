import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import * as sdk from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { EXIT } from '../../lib/local/cli/exit.ts';
import { type LocalApi, openLocalApi } from '../../lib/local/local-api.ts';
import { readPage } from './markdown.ts';
import { pageOf, pages, root } from './pages.ts';

/** The rows of the tables of a page, as their cells. */
function rowsOf(path: string): readonly (readonly string[])[] {
  const rows = pageOf(path).prose.matchAll(/^\| (.+) \|$/gm);
  return [...rows].map(([, row = '']) => row.split(' | ').map((cell) => cell.trim()));
}

describe('Links', () => {
  const internal = pages.flatMap((page) =>
    page.links.filter((link) => !/^https?:/.test(link)).map((link) => [`${page.path} → ${link}`, page, link] as const),
  );

  it.each(internal)('%s', (_name, page, link) => {
    const [path = '', anchor] = link.split('#');
    const target = path === '' ? page.path : normalize(join(dirname(page.path), path));
    expect(existsSync(join(root, target)), target).toBe(true);
    if (anchor !== undefined) expect([...pageOf(target).anchors]).toContain(anchor);
  });

  it('lead from the index to every page of docs/', () => {
    const linked = pageOf('docs/README.md').links.map((link) => `docs/${link}`);
    const written = pages.map(({ path }) => path).filter((path) => /^docs\/(?!README)/.test(path));
    expect(written.filter((path) => !linked.includes(path))).toEqual([]);
  });

  it('lead from the index of the patterns, which is one of them, to the page of each', () => {
    expect(pageOf('docs/README.md').links).toContain('patterns/README.md');
    const { links } = readPage(root, 'docs/patterns/README.md');
    const written = readdirSync(join(root, 'docs/patterns')).filter((name) => name !== 'README.md');
    expect(written).toHaveLength(43);
    expect(written.filter((name) => !links.includes(name))).toEqual([]);
  });
});

it.each(pages)('$path has nothing that is yet to be filled in', ({ prose }) => {
  expect(prose).not.toMatch(/@[A-Z]+@|\bTODO\b|\bTBD\b/);
});

describe('Paths of the project', () => {
  const named = pages.flatMap((page) =>
    page.code
      .filter((code) => /^(bin|docs|examples|functions|lib|test)\/[\w./-]+$/.test(code))
      .map((code) => [page.path, code] as const),
  );

  it.each(named)('%s names %s', (_page, path) => {
    expect(existsSync(join(root, path))).toBe(true);
  });

  it('are all the folders of lib/ in the architecture', () => {
    const page = pageOf('docs/architecture.md');
    const folders = page.code
      .filter((code) => /^(adapters\/)?\w+\/?$/.test(code))
      .map((code) => code.replace(/\/$/, ''));
    const layers = ['infra', 'local', 'api', 'execution', 'state', 'language', 'ports', 'model'];
    expect(folders).toEqual(expect.arrayContaining(layers));
    for (const layer of layers) expect(existsSync(join(root, 'lib', layer))).toBe(true);
  });
});

describe('The API page', () => {
  const data = mkdtempSync(join(tmpdir(), 'knhk-docs-'));
  let api: LocalApi;

  beforeAll(async () => {
    api = await openLocalApi({ dataDir: data, buckets: 'none', port: 0 }, { log: () => {} });
  });
  afterAll(async () => {
    await api.close();
    rmSync(data, { recursive: true });
  });

  it('lists every operation of REST', async () => {
    const answer = await api.fetch(new Request('http://localhost/openapi.json'));
    const { paths } = z
      .object({ paths: z.record(z.string(), z.record(z.string(), z.unknown())) })
      .parse(await answer.json());
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const listed = pageOf('docs/api.md').code.filter((code) => /^(GET|POST|PUT|PATCH|DELETE) \/v1/.test(code));
    expect(listed.toSorted()).toEqual(operations.toSorted());
  });

  it('says of every action of Step Functions whether it is there', async () => {
    const actions = Object.keys(sdk).flatMap((name) => /^([A-Z]\w+)Command$/.exec(name)?.[1] ?? []);
    const page = pageOf('docs/api.md');
    const missing = /These actions answer with `UnknownOperationException`: ([\s\S]+?)\.\n/.exec(page.prose)?.[1] ?? '';
    for (const action of actions) {
      expect(page.code).toContain(action);
      const headers = { 'x-amz-target': `AWSStepFunctions.${action}` };
      const answer = await api.fetch(new Request('http://localhost/', { method: 'POST', headers, body: '{}' }));
      const isUnknown = (await answer.text()).includes('UnknownOperationException');
      expect(isUnknown, action).toBe(missing.includes(`\`${action}\``));
    }
  });

  it('lists every exit code', () => {
    const codes = rowsOf('docs/api.md').map(([code = '']) => code);
    expect(codes.filter((code) => /^\d+$/.test(code)).map(Number)).toEqual(Object.values(EXIT));
  });
});

describe('The page about deploying', () => {
  it('shows a client that signs for the HTTP API', async () => {
    const signatures: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      signatures.push(request.headers.authorization);
      response.setHeader('content-type', 'application/x-amz-json-1.0').end('{"stateMachines":[]}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    // Asserted: a server that listens on a TCP port has such an address.
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const block = pageOf('docs/deploy.md').blocks.find(({ file }) => file === 'client.ts');
    mkdirSync(join(root, '.knhk'), { recursive: true });
    const folder = mkdtempSync(join(root, '.knhk', 'docs-'));
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
    try {
      writeFileSync(join(folder, 'client.ts'), block?.text ?? '');
      const { engineClient } = await import(join(folder, 'client.ts'));
      await engineClient(endpoint, 'eu-central-1').send(new sdk.ListStateMachinesCommand({}));
      expect(signatures).toEqual([expect.stringContaining('/eu-central-1/execute-api/aws4_request')]);
    } finally {
      vi.unstubAllEnvs();
      rmSync(folder, { recursive: true });
      server.close();
    }
  });

  it('lists every property of the construct', () => {
    const source = readFileSync(join(root, 'lib/infra/engine-props.ts'), 'utf8');
    const declaration = /export interface KnhkEngineProps \{([\s\S]+?)\n\}/.exec(source)?.[1] ?? '';
    const properties = [...declaration.matchAll(/^ {2}readonly (\w+)\?:/gm)].map(([, name]) => `\`${name}\``);
    const rows = rowsOf('docs/deploy.md').map(([name]) => name);
    expect(properties.length).toBeGreaterThan(0);
    expect(rows).toEqual(expect.arrayContaining(properties));
  });
});
