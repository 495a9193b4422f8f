import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type App, Stack, Validations } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { KnhkEngine } from '../../lib/infra/engine.ts';
import { KnhkStack } from '../../lib/infra/stack.ts';
import { stages } from '../../lib/infra/stages.ts';
import { complaintsAbout } from './service-spec.ts';
import { templateOf, testApp } from './synthesis.ts';

const report = z.object({
  pluginReports: z.array(
    z.object({
      pluginName: z.string().optional(),
      violations: z.array(z.object({ ruleName: z.string() })).default([]),
    }),
  ),
});

function checkedApp(): App {
  const app = testApp({ bundled: false });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
  return app;
}

/** Names of the rules that the app breaks. */
function brokenRules(app: App): readonly string[] {
  try {
    app.synth();
    return [];
  } catch (error) {
    const file = join(app.outdir, 'validation-report.json');
    const { pluginReports } = report.parse(JSON.parse(readFileSync(file, 'utf8')));
    const broken = pluginReports.flatMap(({ violations }) => violations.map(({ ruleName }) => ruleName));
    if (broken.length === 0) throw error;
    return broken;
  }
}

describe('cdk-nag', () => {
  it('finds nothing in production, with all that the engine can be asked for', () => {
    const app = checkedApp();
    const stack = new Stack(app, 'Shop');
    const encryptionKey = new Key(stack, 'Key', { enableKeyRotation: true });
    const engine = new KnhkEngine(stack, 'Engine', {
      ...stages.prod,
      encryptionKey,
      assumableRoles: ['arn:aws:iam::111122223333:role/tasks'],
      logGroups: [{ logGroupArn: 'arn:aws:logs:eu-west-1:111122223333:log-group:/orders' }],
      ledger: true,
      archive: { retentionDays: 3650, mode: 'compliance', legalHold: true },
    });
    engine.startOn('OrderPlaced', { eventPattern: { source: ['shop'] }, workflow: 'order' });
    engine.deliverOn('Paid', { eventPattern: { source: ['bank'] }, execution: '$.detail.arn', event: 'paid' });
    new KnhkStack(app, 'Plain');

    expect(brokenRules(app)).toEqual([]);
    expect(complaintsAbout(templateOf(stack))).toEqual([]);
  });

  it('is told the reason of each exception', () => {
    const { engine } = new KnhkStack(testApp({ bundled: false }), 'Knhk');
    const exceptions = engine.node
      .findAll()
      .flatMap(({ node }) =>
        node.metadata
          .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
          .flatMap(({ data }) => Object.entries(z.record(z.string(), z.unknown()).parse(data))),
      );
    expect(exceptions.length).toBeGreaterThan(0);
    for (const [rule, reason] of exceptions) expect(JSON.stringify(reason).length, rule).toBeGreaterThan(40);
  });

  it('would find an open queue', () => {
    const app = checkedApp();
    new Queue(new Stack(app, 'Careless'), 'Open');
    expect(brokenRules(app)).toEqual(expect.arrayContaining(['AwsSolutions-SQS4']));
  });
});

describe('CloudFormation', () => {
  it.each(['dev', 'prod'] as const)('knows every type and property of stage %s', (stage) => {
    const stack = new KnhkStack(testApp({ bundled: false }), 'Knhk', { engine: stages[stage] });
    expect(complaintsAbout(templateOf(stack))).toEqual([]);
  });
});
