import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AwsClients } from '../../../lib/adapters/aws/clients.ts';
import { EventConnections } from '../../../lib/adapters/aws/event-connections.ts';
import { FakeAws } from './services/fake-aws.ts';

const ARN = 'arn:aws:events:us-east-1:123456789012:connection/shop/0a1b';
const SECRET = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:events!connection/shop/0a1b-Xy';

describe('EventConnections', () => {
  const aws = new FakeAws();
  let clients: AwsClients;
  let connections: EventConnections;
  let now = 0;

  beforeAll(async () => {
    const endpoint = await aws.start();
    clients = new AwsClients({ endpoints: { events: endpoint, secrets: endpoint } });
  });

  afterAll(() => {
    clients.destroy();
    aws.stop();
  });

  beforeEach(() => {
    aws.requests.length = 0;
    connections = new EventConnections({
      events: () => clients.events(),
      secrets: () => clients.secrets(),
      now: () => now,
    });
  });

  function exists(described: object, secret: object): void {
    const body = { Name: 'shop', ConnectionState: 'AUTHORIZED', SecretArn: SECRET, ...described };
    aws.answers.set('AWSEvents.DescribeConnection', () => ({ body }));
    aws.answers.set('secretsmanager.GetSecretValue', () => ({ body: { SecretString: JSON.stringify(secret) } }));
  }

  it('reads the key of an API and what is added to requests from the secret', async () => {
    exists(
      { AuthorizationType: 'API_KEY', AuthParameters: { ApiKeyAuthParameters: { ApiKeyName: 'x-api-key' } } },
      {
        api_key_name: 'x-api-key',
        api_key_value: 'k-1',
        invocation_http_parameters: {
          header_parameters: [{ key: 'x-team', value: 'shop', is_value_secret: false }],
          query_string_parameters: [{ key: 'tenant', value: '7', is_value_secret: true }],
        },
      },
    );
    expect(await connections.find(ARN)).toEqual({
      authorization: { kind: 'apiKey', header: 'x-api-key', value: 'k-1' },
      parameters: { headers: { 'x-team': 'shop' }, query: { tenant: '7' }, body: {} },
    });
    expect(aws.requests.map(({ body }) => body)).toEqual([{ Name: 'shop' }, { SecretId: SECRET }]);
  });

  it('reads user and password, and client credentials', async () => {
    exists(
      { AuthorizationType: 'BASIC', AuthParameters: { BasicAuthParameters: { Username: 'ann' } } },
      { username: 'ann', password: 'secret' },
    );
    expect((await connections.find(ARN)).authorization).toEqual({ kind: 'basic', username: 'ann', password: 'secret' });
    now += 61_000;
    exists(
      {
        AuthorizationType: 'OAUTH_CLIENT_CREDENTIALS',
        AuthParameters: {
          OAuthParameters: {
            AuthorizationEndpoint: 'https://login.example.com/token',
            HttpMethod: 'POST',
            ClientParameters: { ClientID: 'id' },
          },
        },
      },
      { client_secret: 'secret', oauth_http_parameters: { body_parameters: [{ key: 'scope', value: 'read' }] } },
    );
    expect((await connections.find(ARN)).authorization).toEqual({
      kind: 'oauth',
      endpoint: 'https://login.example.com/token',
      method: 'POST',
      clientId: 'id',
      clientSecret: 'secret',
      parameters: { headers: {}, query: {}, body: { scope: 'read' } },
    });
  });

  it('keeps a connection for a minute, and no failure', async () => {
    aws.answers.set('AWSEvents.DescribeConnection', () => ({
      status: 400,
      type: 'ResourceNotFoundException',
      body: {},
    }));
    await expect(connections.find(ARN)).rejects.toMatchObject({ error: 'Events.ConnectionResource.ResourceNotFound' });
    exists({ AuthorizationType: 'BASIC' }, { username: 'ann', password: 'secret' });
    await connections.find(ARN);
    aws.requests.length = 0;
    await connections.find(ARN);
    expect(aws.requests).toEqual([]);
    now += 61_000;
    await connections.find(ARN);
    expect(aws.requests).toHaveLength(2);
  });

  it('refuses a connection that is not authorized, and what is none', async () => {
    exists({ AuthorizationType: 'BASIC', ConnectionState: 'DEAUTHORIZED' }, {});
    await expect(connections.find(ARN)).rejects.toMatchObject({
      error: 'Events.ConnectionResource.InvalidConnectionState',
    });
    await expect(connections.find('shop')).rejects.toMatchObject({
      error: 'Events.ConnectionResource.ResourceNotFound',
    });
  });
});
