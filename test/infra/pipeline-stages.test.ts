import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { KnhkStack } from '../../lib/infra/stack.ts';
import { resourceOf, templateOf, testApp } from './synthesis.ts';

const STAGES = fileURLToPath(new URL('../../examples/encryption.ts', import.meta.url));

it('bundles the stages of the pipeline into the functions that start executions and call tasks', () => {
  const app = testApp({ bundled: true });
  const json = templateOf(new KnhkStack(app, 'Knhk', { engine: { stages: STAGES } }));
  const hasStages = (id: string) => {
    const { S3Key } = z.object({ S3Key: z.string() }).parse(code(resourceOf(json, 'AWS::Lambda::Function', id)));
    return readFileSync(join(app.outdir, `asset.${S3Key.replace('.zip', '')}`, 'index.mjs'), 'utf8').includes(
      'ENCRYPTION_KEYS',
    );
  };
  expect(['EngineApi', 'EngineExecutor', 'EngineProjector'].map(hasStages)).toEqual([true, true, false]);
}, 120_000);

it('refuses a module of stages that is not there', () => {
  const app = testApp({ bundled: false });
  expect(() => new KnhkStack(app, 'Knhk', { engine: { stages: 'nowhere/stages.ts' } })).toThrow(
    'there is no nowhere/stages.ts',
  );
});

function code({ Properties }: { readonly Properties: Readonly<Record<string, unknown>> }): unknown {
  return Properties['Code'];
}
