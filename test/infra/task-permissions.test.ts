import { Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { KnhkEngine } from '../../lib/infra/engine.ts';
import { InvalidEngineProps, type KnhkEngineProps } from '../../lib/infra/engine-props.ts';
import { permissionsOf } from './policies.ts';
import { resourceOf, templateOf, testApp } from './synthesis.ts';

const TABLE = 'arn:aws:dynamodb:eu-west-1:111122223333:table/Sold';
const QUEUE = 'arn:aws:sqs:eu-west-1:111122223333:parcels';
const CONNECTION = 'arn:aws:events:eu-west-1:111122223333:connection/bank/1';
const SECRET = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:events!connection/bank/1-x';

function engineWith(props: KnhkEngineProps): { readonly stack: Stack; readonly engine: KnhkEngine } {
  const stack = new Stack(testApp({ bundled: false }), 'Shop');
  return { stack, engine: new KnhkEngine(stack, 'Engine', props) };
}

describe('what tasks may call besides functions', () => {
  const { stack, engine } = engineWith({
    taskPermissions: [{ actions: ['dynamodb:DeleteTable'], resources: [TABLE] }],
    httpConnections: [{ connectionArn: CONNECTION, connectionSecretArn: SECRET }],
    httpAllow: ['api.bank.example', '*.partner.example'],
  });
  engine.grantTasks(['sqs:PurgeQueue'], [QUEUE]);
  const json = templateOf(stack);
  const mayWith = (id: string) =>
    permissionsOf(json, id)
      .filter(({ action }) => /DeleteTable|PurgeQueue|DescribeConnection|GetSecretValue/.test(action))
      .map(({ action, resource }) => `${action} ${resource}`)
      .sort();

  it('is what was given, and only to the executor', () => {
    expect(mayWith('EngineExecutor')).toEqual([
      `dynamodb:DeleteTable ${TABLE}`,
      `events:DescribeConnection ${CONNECTION}`,
      `secretsmanager:GetSecretValue ${SECRET}`,
      `sqs:PurgeQueue ${QUEUE}`,
    ]);
    expect(mayWith('EngineApi')).toEqual([]);
    expect(mayWith('EngineProjector')).toEqual([]);
  });

  it('is nothing by default', () => {
    const other = permissionsOf(templateOf(engineWith({}).stack), 'EngineExecutor');
    expect(other.map(({ action }) => action).filter((action) => /^(events|secretsmanager):/.test(action))).toEqual([]);
  });

  it('tells the executor which hosts HTTP tasks may call', () => {
    const { Properties } = resourceOf(json, 'AWS::Lambda::Function', 'EngineExecutor');
    expect(Properties).toMatchObject({
      Environment: { Variables: { KNHK_HTTP_ALLOW: 'api.bank.example,*.partner.example' } },
    });
  });

  it.each([
    [{ taskPermissions: [{ actions: ['sqs:*'], resources: [QUEUE] }] }],
    [{ taskPermissions: [{ actions: ['sqs:SendMessage'], resources: [] }] }],
    [{ httpAllow: ['not a host'] }],
  ])('refuses %j', (props) => {
    expect(() => engineWith(props)).toThrow(InvalidEngineProps);
  });
});
