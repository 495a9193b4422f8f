import { Stack } from 'aws-cdk-lib';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { describe, expect, it } from 'vitest';
import { KnhkEngine } from '../../lib/infra/engine.ts';
import { InvalidEngineProps, type KnhkEngineProps } from '../../lib/infra/engine-props.ts';
import { permissionsOf } from './policies.ts';
import { templateOf, testApp } from './synthesis.ts';

const GROUP = 'arn:aws:logs:eu-west-1:111122223333:log-group:/shop/orders';

function engineWith(props: KnhkEngineProps): { readonly stack: Stack; readonly engine: KnhkEngine } {
  const stack = new Stack(testApp({ bundled: false }), 'Shop');
  return { stack, engine: new KnhkEngine(stack, 'Engine', props) };
}

/** What a function may do with logs other than its own, and with payloads. */
function mayWith(stack: Stack, id: string): readonly string[] {
  return permissionsOf(templateOf(stack), id)
    .filter(
      ({ action, resource }) => /^(logs|s3):/.test(action) && !/^Engine(Api|Executor|Projector)Log/.test(resource),
    )
    .map(({ action, resource }) => `${action} ${resource.replace(/[0-9A-F]{8}(?=$|\/)/, '')}`)
    .sort();
}

describe('where executions may log', () => {
  it('is nowhere by default, and then the projector reads no payloads', () => {
    expect(mayWith(engineWith({}).stack, 'EngineProjector')).toEqual([]);
  });

  it('is in the groups that were given, and only for the projector', () => {
    const { stack, engine } = engineWith({ logGroups: [{ logGroupArn: GROUP }] });
    engine.grantLogs(new LogGroup(stack, 'Returns'));
    expect(mayWith(stack, 'EngineProjector')).toEqual([
      'logs:CreateLogStream Returns',
      `logs:CreateLogStream ${GROUP}:*`,
      'logs:PutLogEvents Returns',
      `logs:PutLogEvents ${GROUP}:*`,
      's3:GetObject EngineStorageBlobs/*',
    ]);
    for (const id of ['EngineApi', 'EngineExecutor']) {
      expect(mayWith(stack, id).filter((permission) => permission.startsWith('logs:'))).toEqual([]);
    }
  });

  it.each([`${GROUP}*`, '*', 'arn:aws:logs:eu-west-1:111122223333:log-group:*'])('refuses %s', (logGroupArn) => {
    expect(() => engineWith({ logGroups: [{ logGroupArn }] })).toThrow(InvalidEngineProps);
  });
});
