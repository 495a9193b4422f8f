import type { DescribeConnectionResponse, EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { isJsonObject, type Json } from '../../model/json.ts';
import {
  type Authorization,
  type Connection,
  type Connections,
  ConnectionUnusable,
  type HttpParameters,
} from '../../ports/http-connections.ts';
import { isTransient } from './unavailable.ts';

export interface EventConnectionsOptions {
  readonly events: () => Promise<EventBridgeClient>;
  readonly secrets: () => Promise<SecretsManagerClient>;
  /** ms since the epoch. */
  readonly now: () => number;
}

interface Kept {
  readonly connection: Promise<Connection>;
  readonly until: number;
}

const MAX_KEPT = 100;
const KEPT_MS = 60_000;
const PREFIX = 'Events.ConnectionResource.';

/** Connections of EventBridge: described by it, their credentials in the secret that it keeps. Kept for a minute. */
export class EventConnections implements Connections {
  readonly #options: EventConnectionsOptions;
  readonly #kept = new Map<string, Kept>();

  constructor(options: EventConnectionsOptions) {
    this.#options = options;
  }

  find(arn: string): Promise<Connection> {
    const now = this.#options.now();
    const known = this.#kept.get(arn);
    if (known !== undefined && known.until > now) return known.connection;
    if (this.#kept.size >= MAX_KEPT) this.#kept.clear();
    const connection = this.#read(arn);
    this.#kept.set(arn, { connection, until: now + KEPT_MS });
    connection.catch(() => this.#kept.delete(arn));
    return connection;
  }

  async #read(arn: string): Promise<Connection> {
    const described = await this.#describe(arn);
    if (described.ConnectionState !== 'AUTHORIZED') {
      const why = described.StateReason === undefined ? '' : `: ${described.StateReason}`;
      throw unusable('InvalidConnectionState', `The connection ${arn} is ${described.ConnectionState}${why}.`);
    }
    const secret = await this.#secret(described.SecretArn ?? '', arn);
    return readConnection(described, secret, arn);
  }

  async #describe(arn: string): Promise<DescribeConnectionResponse> {
    const name = /^arn:[^:]+:events:[^:]*:[^:]*:connection\/([^/]+)/.exec(arn)?.[1];
    if (name === undefined) throw unusable('ResourceNotFound', `${arn} is no ARN of a connection.`);
    const [{ DescribeConnectionCommand }, events] = await Promise.all([
      import('@aws-sdk/client-eventbridge'),
      this.#options.events(),
    ]);
    return events.send(new DescribeConnectionCommand({ Name: name })).catch(refused(arn));
  }

  async #secret(secretArn: string, arn: string): Promise<Json> {
    const [{ GetSecretValueCommand }, secrets] = await Promise.all([
      import('@aws-sdk/client-secrets-manager'),
      this.#options.secrets(),
    ]);
    const { SecretString } = await secrets.send(new GetSecretValueCommand({ SecretId: secretArn })).catch(refused(arn));
    try {
      return JSON.parse(SecretString ?? '');
    } catch {
      throw unusable('InternalError', `The secret of the connection ${arn} is no JSON.`);
    }
  }
}

function refused(arn: string): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof Error) || isTransient(error)) throw error;
    const code = /NotFound/.test(error.name)
      ? 'ResourceNotFound'
      : /AccessDenied/.test(error.name)
        ? 'AccessDenied'
        : 'InternalError';
    throw unusable(code, `The connection ${arn} cannot be read: ${error.message}`);
  };
}

function unusable(code: string, message: string): ConnectionUnusable {
  return new ConnectionUnusable(`${PREFIX}${code}`, message);
}

/** The secret has what the description leaves out, under names of its own: lower case, with underscores. */
function readConnection(described: DescribeConnectionResponse, secret: Json, arn: string): Connection {
  return {
    authorization: readAuthorization(described, secret, arn),
    parameters: readParameters(at(secret, 'invocation_http_parameters')),
  };
}

function readAuthorization(
  { AuthorizationType: type, AuthParameters: auth }: DescribeConnectionResponse,
  secret: Json,
  arn: string,
): Authorization {
  const text = (name: string) => textAt(secret, name);
  switch (type) {
    case 'API_KEY':
      return {
        kind: 'apiKey',
        header: auth?.ApiKeyAuthParameters?.ApiKeyName ?? text('api_key_name'),
        value: text('api_key_value'),
      };
    case 'BASIC':
      return {
        kind: 'basic',
        username: auth?.BasicAuthParameters?.Username ?? text('username'),
        password: text('password'),
      };
    case 'OAUTH_CLIENT_CREDENTIALS': {
      const oauth = auth?.OAuthParameters;
      return {
        kind: 'oauth',
        endpoint: oauth?.AuthorizationEndpoint ?? text('authorization_endpoint'),
        method: oauth?.HttpMethod ?? 'POST',
        clientId: oauth?.ClientParameters?.ClientID ?? text('client_id'),
        clientSecret: text('client_secret'),
        parameters: readParameters(at(secret, 'oauth_http_parameters')),
      };
    }
    case undefined:
      throw unusable('InvalidConnectionState', `The connection ${arn} has no type of authorization.`);
  }
}

function readParameters(parameters: Json | undefined): HttpParameters {
  return {
    headers: pairs(at(parameters, 'header_parameters')),
    query: pairs(at(parameters, 'query_string_parameters')),
    body: pairs(at(parameters, 'body_parameters')),
  };
}

function pairs(list: Json | undefined): Readonly<Record<string, string>> {
  if (!Array.isArray(list)) return {};
  return Object.fromEntries(list.map((item) => [textAt(item, 'key'), textAt(item, 'value')] as const));
}

function at(value: Json | undefined, name: string): Json | undefined {
  return value !== undefined && isJsonObject(value) ? value[name] : undefined;
}

function textAt(value: Json, name: string): string {
  const found = at(value, name);
  return typeof found === 'string' ? found : '';
}
