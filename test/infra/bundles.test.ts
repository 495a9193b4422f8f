import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { KnhkStack } from '../../lib/infra/stack.ts';
import { resourceOf, templateOf, testApp } from './synthesis.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const FUNCTIONS = ['Api', 'Executor', 'Projector'] as const;
/** A bundle beyond this has something in it that does not belong there. */
const MOST_GZIPPED_KB = 900;

/** Where the deployable directory of each function is. */
let directories: Record<(typeof FUNCTIONS)[number], string>;

beforeAll(() => {
  const app = testApp({ bundled: true });
  // With source maps, since they list what went into a bundle.
  const stack = new KnhkStack(app, 'Knhk', { engine: { sourceMaps: true } });
  const json = templateOf(stack);
  const code = z.object({ S3Key: z.string() });
  const directoryOf = (id: string) => {
    const { S3Key } = code.parse(resourceOf(json, 'AWS::Lambda::Function', `Engine${id}`).Properties['Code']);
    return join(app.outdir, `asset.${S3Key.replace('.zip', '')}`);
  };
  directories = { Api: directoryOf('Api'), Executor: directoryOf('Executor'), Projector: directoryOf('Projector') };
}, 120_000);

function sourcesOf(directory: string): readonly string[] {
  const map = z.object({ sources: z.array(z.string()) });
  return map.parse(JSON.parse(readFileSync(join(directory, 'index.mjs.map'), 'utf8'))).sources;
}

describe.each(FUNCTIONS)('the bundle of %s', (id) => {
  it('is one file of a reasonable size', () => {
    const directory = directories[id];
    expect(readdirSync(directory).sort()).toEqual(['index.mjs', 'index.mjs.map']);
    const code = readFileSync(join(directory, 'index.mjs'));
    const kilobytes = (bytes: Buffer) => Math.round(bytes.length / 1024);
    const gzipped = kilobytes(gzipSync(code));
    console.log(`bundle ${id}: ${kilobytes(code)} KB, ${gzipped} KB gzipped`);
    expect(gzipped).toBeLessThan(MOST_GZIPPED_KB);
  });

  it('has the function in it, and neither tests nor infrastructure nor the parts for one machine', () => {
    const sources = sourcesOf(directories[id]);
    const own = sources
      .filter((source) => !source.includes('node_modules'))
      .map((source) => source.replace(/^(\.\.\/)+/, ''));
    expect(own.some((source) => source.endsWith(`functions/${id.toLowerCase()}/index.ts`))).toBe(true);
    expect(own.filter((source) => !/(^|\/)(functions|lib)\//.test(source))).toEqual([]);
    expect(own.filter((source) => /(^|\/)lib\/(infra|local|adapters\/sqlite|adapters\/memory)\//.test(source))).toEqual(
      [],
    );
    const packages = sources.filter((source) =>
      /node_modules\/(aws-cdk|@aws-cdk|constructs|vitest|fast-check|esbuild|dynalite|fauxqs|cdk-nag)/.test(source),
    );
    expect(packages).toEqual([]);
  });

  it('loads in a bare Node, with the environment of the stack and without node_modules, and exports its handler', () => {
    const url = pathToFileURL(join(directories[id], 'index.mjs')).href;
    const program = `import(${JSON.stringify(url)}).then((m) => process.stdout.write(typeof m.handler))`;
    const output = execFileSync(process.execPath, ['--input-type=module', '--eval', program], {
      cwd: directories[id],
      env: environment(),
      encoding: 'utf8',
    });
    expect(output).toBe('function');
  });

  it('imports nothing but what Node has', () => {
    const code = readFileSync(join(directories[id], 'index.mjs'), 'utf8');
    const imported = [...code.matchAll(/(?:^|[;\n}])import(?:[\w*{}\s,$]+from)?\s*["']([^"']+)["']/g)].map(
      ([, name = '']) => name,
    );
    expect(imported.length).toBeGreaterThan(0);
    expect(imported.filter((name) => !isBuiltin(name))).toEqual([]);
  });
});

function environment(): Record<string, string> {
  return {
    AWS_REGION: 'eu-west-1',
    KNHK_ACCOUNT: '123456789012',
    KNHK_BLOB_BUCKET: 'blobs',
    KNHK_EVENT_TABLE: 'events',
    KNHK_LOG_RETENTION_DAYS: '90',
    KNHK_PARTITION: 'aws',
    KNHK_QUEUE_ARN: 'arn:aws:sqs:eu-west-1:123456789012:work',
    KNHK_QUEUE_URL: 'https://sqs.eu-west-1.amazonaws.com/123456789012/work',
    KNHK_SCHEDULER_ROLE_ARN: 'arn:aws:iam::123456789012:role/scheduler',
    KNHK_SCHEDULE_GROUP: 'timers',
    KNHK_STATE_TABLE: 'state',
  };
}

// The project's path must not show in what is deployed.
describe('all bundles', () => {
  it('say nothing about the machine that made them', () => {
    for (const directory of Object.values(directories)) {
      expect(readFileSync(join(directory, 'index.mjs'), 'utf8')).not.toContain(PROJECT);
    }
  });
});
