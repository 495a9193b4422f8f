import * as z from 'zod';
import type { ApiErrorReason } from '../errors.ts';
import { problem, statusOf } from './problem.ts';
import type { ReplyDescription, Route } from './route.ts';

type JsonSchema = Readonly<Record<string, unknown>>;

const SCHEMAS = '#/components/schemas/';
const PROBLEM_TYPE = 'application/problem+json';
const JSON_TYPE = 'application/json';

/** The OpenAPI 3.1 document of routes, made of the very schemas that check their requests. */
export function openApiDocument(routes: readonly Route[]): Readonly<Record<string, unknown>> {
  const components = new Components();
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method]: operation(route, components) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'KNHK',
      version: '1',
      description: 'Workflows in the Amazon States Language, run in your own account or on one machine.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths,
    components: { schemas: components.schemas, securitySchemes: SECURITY },
    // Authentication can be off: then nothing is asked.
    security: [{}, ...Object.keys(SECURITY).map((scheme) => ({ [scheme]: [] }))],
  };
}

const SECURITY = {
  apiKey: { type: 'http', scheme: 'bearer', description: 'An API key of this engine.' },
  token: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'A token of the configured issuer.' },
};

function operation(route: Route, components: Components): Readonly<Record<string, unknown>> {
  const { operationId, summary, tag, params, query, body } = route;
  const content = body === undefined ? undefined : { [JSON_TYPE]: { schema: components.add(body, 'input') } };
  const isRequired = body !== undefined && !body.safeParse({}).success;
  return {
    operationId,
    summary,
    tags: [tag],
    parameters: [...parameters(params, 'path', components), ...parameters(query, 'query', components)],
    ...(content === undefined ? {} : { requestBody: { required: isRequired, content } }),
    responses: { ...replies(route, components), ...problems(route, components) },
  };
}

function parameters(schema: z.ZodObject, place: 'path' | 'query', components: Components): readonly JsonSchema[] {
  return Object.entries(schema.shape).map(([name, field]) => {
    const { description, ...rest } = components.add(field, 'input');
    return {
      name,
      in: place,
      required: place === 'path',
      ...(description === undefined ? {} : { description }),
      schema: rest,
    };
  });
}

function replies(route: Route, components: Components): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(route.replies).map(([status, { description, schema }]: [string, ReplyDescription]) => [
      status,
      schema === undefined
        ? { description }
        : { description, content: { [JSON_TYPE]: { schema: components.add(schema, 'output') } } },
    ]),
  );
}

/** Why a request of the operation may be refused. */
export function refusalsOf({ refusals, body }: Route): ReadonlySet<ApiErrorReason> {
  return new Set([...ALWAYS, ...(body === undefined ? [] : BODY_REFUSALS), ...refusals]);
}

/** What can go wrong, by status; every operation can be asked wrongly, and can fail. */
function problems(route: Route, components: Components): Record<string, unknown> {
  const statuses = new Set([...[...refusalsOf(route)].map(statusOf), 500, 503]);
  const content = { [PROBLEM_TYPE]: { schema: components.add(problem, 'output') } };
  return Object.fromEntries(
    [...statuses].map((status) => [String(status), { description: STATUS_WORDS[status] ?? 'It failed.', content }]),
  );
}

const ALWAYS: readonly ApiErrorReason[] = ['requestInvalid', 'credentialsMissing', 'accessDenied', 'rateExceeded'];
const BODY_REFUSALS: readonly ApiErrorReason[] = ['bodyInvalid', 'bodyTypeInvalid', 'tooLarge'];

const STATUS_WORDS: Readonly<Record<number, string>> = {
  400: 'The request, or something in it, is wrong.',
  401: 'Nobody says who calls, or what is said is wrong; only where authentication is on.',
  403: 'Whoever calls, or is named, may not do this.',
  404: 'It does not exist.',
  409: 'It does not go with what is there.',
  413: 'The body is too large.',
  415: 'The body is not declared as JSON.',
  429: 'A rate limit is used up; Retry-After says for how long.',
  500: 'The engine failed; its log says why.',
  503: 'The store did not answer, or the execution has not got round to it; try again.',
};

/** The named schemas met so far. */
class Components {
  readonly schemas: Record<string, unknown> = {};

  /** The schema as JSON Schema, with references to the named ones. */
  add(schema: z.core.$ZodType, io: 'input' | 'output'): JsonSchema {
    const text = JSON.stringify(z.toJSONSchema(schema, { io, unrepresentable: 'any' }));
    const { $schema: _, $defs, ...rest } = z.record(z.string(), z.unknown()).parse(JSON.parse(relocated(text)));
    Object.assign(this.schemas, $defs);
    return rest;
  }
}

function relocated(text: string): string {
  return text.replaceAll('"$ref":"#/$defs/', `"$ref":"${SCHEMAS}`);
}
