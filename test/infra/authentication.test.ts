import { Stack, Validations } from 'aws-cdk-lib';
import { Key } from 'aws-cdk-lib/aws-kms';
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { readEnvironment } from '../../functions/environment.ts';
import { KnhkEngine } from '../../lib/infra/engine.ts';
import type { KnhkEngineProps } from '../../lib/infra/engine-props.ts';
import { permissionsOf } from './policies.ts';
import { complaintsAbout } from './service-spec.ts';
import { resourceOf, resourcesOf, type TemplateJson, templateOf, testApp } from './synthesis.ts';

const jwt = { issuer: 'https://login.example.com', audience: ['knhk'], tenantClaim: 'org' };

function stackWith(props: KnhkEngineProps, withKey = false): Stack {
  const stack = new Stack(testApp({ bundled: false }), 'Shop');
  const encryptionKey = withKey ? { encryptionKey: new Key(stack, 'Key', { enableKeyRotation: true }) } : {};
  new KnhkEngine(stack, 'Engine', { ...props, ...encryptionKey });
  return stack;
}

function authorizers(json: TemplateJson): Record<string, unknown> {
  const routes = resourcesOf(json, 'AWS::ApiGatewayV2::Route').map(([, { Properties }]) => Properties);
  return Object.fromEntries(routes.map((route) => [route['RouteKey'], route['AuthorizationType']]));
}

describe('with authentication of its own', () => {
  const json = templateOf(
    stackWith({ authentication: { jwt, apiKeys: true, accessKeys: true }, corsOrigins: ['https://app.example.com'] }),
  );

  it('the function asks who calls, and IAM says who issues keys', () => {
    expect(authorizers(json)).toEqual({
      'POST /': 'NONE',
      'ANY /v1/{proxy+}': 'NONE',
      'POST /knhk.v1.WorkflowService/{method}': 'NONE',
      'POST /knhk.v1.ExecutionService/{method}': 'NONE',
      'POST /knhk.v1.WorkItemService/{method}': 'NONE',
      'POST /knhk.v1.EventService/{method}': 'NONE',
      'ANY /v1/api-keys': 'AWS_IAM',
      'ANY /v1/api-keys/{proxy+}': 'AWS_IAM',
      'ANY /v1/access-keys': 'AWS_IAM',
      'ANY /v1/access-keys/{proxy+}': 'AWS_IAM',
      'GET /openapi.json': 'AWS_IAM',
      'GET /health': 'AWS_IAM',
    });
  });

  it('the functions know of it, and only that of the API may read the secret of the keys', () => {
    for (const [id, { Properties }] of resourcesOf(json, 'AWS::Lambda::Function')) {
      const { Variables } = Properties['Environment'] as { Variables: Record<string, unknown> };
      const secret = id.includes('EngineApi') ? { Ref: expect.stringContaining('KeySecret') } : '';
      expect(Variables['KNHK_AUTH']).toBe(JSON.stringify({ jwt, apiKeys: true, accessKeys: true }));
      expect(Variables['KNHK_KEYS_SECRET_ARN']).toEqual(secret);
    }
    const reads = (role: string) =>
      permissionsOf(json, role).filter(({ action }) => action === 'secretsmanager:GetSecretValue').length;
    expect([reads('ApiRole'), reads('ExecutorRole'), reads('ProjectorRole')]).toEqual([1, 0, 0]);
  });

  it('lets pages of the listed origins call', () => {
    expect(resourceOf(json, 'AWS::ApiGatewayV2::Api', 'FrontDoor').Properties['CorsConfiguration']).toMatchObject({
      AllowOrigins: ['https://app.example.com'],
    });
  });

  it('keeps the secret under the customer’s key, and stays within the rules', () => {
    const app = testApp({ bundled: false });
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app));
    const stack = new Stack(app, 'Shop');
    const encryptionKey = new Key(stack, 'Key', { enableKeyRotation: true });
    const authentication = { jwt, apiKeys: true, accessKeys: true };
    new KnhkEngine(stack, 'Engine', { encryptionKey, authentication, corsOrigins: ['https://app.example.com'] });
    app.synth();
    const template = templateOf(stack);
    const secret = resourceOf(template, 'AWS::SecretsManager::Secret', 'KeySecret');
    expect(secret.Properties['KmsKeyId']).toEqual({ 'Fn::GetAtt': [expect.stringMatching(/^Key/), 'Arn'] });
    expect(secret.DeletionPolicy).toBe('Retain');
    expect(complaintsAbout(template)).toEqual([]);
  });
});

it('with API keys alone there is no secret', () => {
  const json = templateOf(stackWith({ authentication: { apiKeys: true } }));
  expect(authorizers(json)['ANY /v1/{proxy+}']).toBe('NONE');
  expect(resourcesOf(json, 'AWS::SecretsManager::Secret')).toEqual([]);
});

it('without it the api function refuses whom IAM has not let in', () => {
  const json = templateOf(stackWith({}));
  const { Environment } = resourceOf(json, 'AWS::Lambda::Function', 'EngineApi').Properties;
  const { Variables } = Environment as { Variables: Record<string, unknown> };
  expect(Variables['KNHK_AUTH']).toBe('{}');
  const deployed = Object.entries(Variables).map(([name, value]) => [name, typeof value === 'string' ? value : 'x']);
  expect(readEnvironment({ AWS_REGION: 'eu-west-1', ...Object.fromEntries(deployed) }).keysSecretArn).toBeUndefined();
});

describe('what would not be safe is refused', () => {
  it.each<KnhkEngineProps>([
    { authentication: { jwt: { ...jwt, issuer: 'http://login.example.com' } } },
    { authentication: { jwt: { ...jwt, audience: [] } } },
    { authentication: { jwt: { ...jwt, algorithms: ['HS256'] } } },
    { authentication: { apiKeys: true }, corsOrigins: ['*'] },
    { corsOrigins: ['https://app.example.com'] },
  ])('%j', (props) => {
    expect(() => stackWith(props)).toThrow(expect.objectContaining({ code: 'Knhk.InvalidEngineProps' }));
  });
});
