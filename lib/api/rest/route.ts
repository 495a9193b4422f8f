import * as z from 'zod';
import { ApiError, type ApiErrorReason } from '../errors.ts';
import type { Services } from '../services.ts';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** What a route answers with. */
export interface Reply {
  readonly status: 200 | 201 | 204;
  /** Absent with status 204. */
  readonly body?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ReplyDescription {
  readonly description: string;
  readonly schema?: z.ZodType;
}

/** One operation of the REST face: its schemas both validate and describe it. */
export interface Route {
  readonly method: Method;
  /** As in OpenAPI: `/v1/workflows/{name}`. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly tag: string;
  readonly params: z.ZodObject;
  readonly query: z.ZodObject;
  readonly body: z.ZodType | undefined;
  readonly replies: Readonly<Partial<Record<Reply['status'], ReplyDescription>>>;
  /** What it may be refused for, beside a request that is malformed. */
  readonly refusals: readonly ApiErrorReason[];
  readonly answer: (services: Services, request: RawRequest) => Promise<Reply>;
}

/** A request before its schemas have looked at it. */
interface RawRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  /** Parsed JSON; an empty body is an empty object. */
  readonly body: unknown;
}

interface RouteSpec<P extends z.ZodObject, Q extends z.ZodObject, B extends z.ZodType>
  extends Omit<Route, 'params' | 'query' | 'body' | 'refusals' | 'answer'> {
  readonly params?: P;
  readonly query?: Q;
  readonly body?: B;
  readonly refusals?: readonly ApiErrorReason[];
  readonly handle: (
    services: Services,
    request: { readonly params: z.output<P>; readonly query: z.output<Q>; readonly body: z.output<B> },
  ) => Promise<Reply>;
}

const nothing = z.object({});

export function route<
  P extends z.ZodObject = typeof nothing,
  Q extends z.ZodObject = typeof nothing,
  B extends z.ZodType = z.ZodUndefined,
>(spec: RouteSpec<P, Q, B>): Route {
  const { params = nothing, query = nothing, body, refusals = [], handle, ...rest } = spec;
  const strictly = {
    params: strict(params),
    query: strict(query),
    body: body === undefined ? undefined : strict(body),
  };
  return {
    ...rest,
    params,
    query,
    body,
    refusals,
    answer: async (services, raw) => {
      // Where the spec has no schema, its type parameter is the default, which the value is then of.
      const request = {
        params: read(strictly.params, raw.params, 'path'),
        query: read(strictly.query, raw.query, 'query'),
        body: strictly.body === undefined ? undefined : read(strictly.body, raw.body, 'body'),
      } as { params: z.output<P>; query: z.output<Q>; body: z.output<B> };
      return handle(services, request);
    },
  };
}

/** The schema, with fields that it does not know as faults instead of left out. */
function strict<S extends z.ZodType>(schema: S): S {
  const isLoose = schema instanceof z.ZodObject && schema.def.catchall === undefined;
  // Asserted: strictness changes what is accepted, not what comes out.
  return isLoose ? (schema.strict() as z.ZodType as S) : schema;
}

/** @throws ApiError `requestInvalid` that names every field at fault. */
function read<S extends z.ZodType>(schema: S, value: unknown, part: 'path' | 'query' | 'body'): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    ({ path, message }) => `${[part, ...path.map(String)].join('.')}: ${message}`,
  );
  throw new ApiError('requestInvalid', part, `Correct the request: ${problems.join('; ')}.`);
}
