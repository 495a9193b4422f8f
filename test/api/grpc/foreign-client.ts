import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import {
  type Client,
  type ClientReadableStream,
  credentials,
  type GrpcObject,
  loadPackageDefinition,
  Metadata,
  type ServiceError,
} from '@grpc/grpc-js';
import type { Json } from '../../../lib/model/json.ts';

/**
 * A client that shares nothing with the engine but the .proto: the transport is that of grpc-js, and its own loader reads
 * the messages.
 */

interface ProtoLoader {
  loadSync(files: readonly string[], options: object): Parameters<typeof loadPackageDefinition>[0];
}

// A dependency of grpc-js, so that it is found from there.
const fromGrpc = createRequire(createRequire(import.meta.url).resolve('@grpc/grpc-js'));
const loader = fromGrpc('@grpc/proto-loader') as ProtoLoader;
const PROTO = fileURLToPath(new URL('../../../lib/api/grpc/proto/', import.meta.url));
const definition = loadPackageDefinition(
  loader.loadSync(['knhk.proto', 'health.proto', 'error_info.proto'], {
    includeDirs: [PROTO],
    longs: Number,
    enums: String,
    oneofs: true,
    defaults: true,
  }),
);

// biome-ignore lint/suspicious/noExplicitAny: a message, whose fields the tests look at.
export type Fields = any;

interface CallOptions {
  readonly deadlineMs?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

type Unary = (
  request: object,
  metadata: Metadata,
  options: object,
  done: (error: ServiceError | null, answer?: Fields) => void,
) => void;
type Streaming = (request: object, metadata: Metadata, options: object) => ClientReadableStream<Fields>;

export class ForeignClient {
  readonly #client: Client & Record<string, unknown>;

  /** @param service full name, as `knhk.v1.WorkflowService`. */
  constructor(url: string, service: string) {
    const found = service
      .split('.')
      .reduce<GrpcObject[string]>((at, name) => (at as GrpcObject)[name] as GrpcObject, definition);
    const Service = found as unknown as new (address: string, how: object) => Client & Record<string, unknown>;
    this.#client = new Service(new URL(url).host, credentials.createInsecure());
  }

  call(method: string, request: object, options: CallOptions = {}): Promise<Fields> {
    const call = this.#client[method] as Unary;
    return new Promise((resolve, reject) => {
      call.call(this.#client, request, ...withOptions(options), (error, answer) =>
        error === null ? resolve(answer) : reject(error),
      );
    });
  }

  stream(method: string, request: object, options: CallOptions = {}): ClientReadableStream<Fields> {
    return (this.#client[method] as Streaming).call(this.#client, request, ...withOptions(options));
  }

  close(): void {
    this.#client.close();
  }
}

function withOptions({ deadlineMs, headers = {} }: CallOptions): readonly [Metadata, object] {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return [metadata, deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs }];
}

/** JSON as a `google.protobuf.Value`. */
export function value(json: Json): object {
  if (json === null) return { nullValue: 'NULL_VALUE' };
  if (typeof json === 'string') return { stringValue: json };
  if (typeof json === 'number') return { numberValue: json };
  if (typeof json === 'boolean') return { boolValue: json };
  if (Array.isArray(json)) return { listValue: { values: json.map(value) } };
  return { structValue: { fields: Object.fromEntries(Object.entries(json).map(([name, of]) => [name, value(of)])) } };
}

/** What `value` was made of. */
export function jsonOf(shown: Fields): Json {
  switch (shown.kind) {
    case 'structValue':
      return Object.fromEntries(Object.entries(shown.structValue.fields).map(([name, of]) => [name, jsonOf(of)]));
    case 'listValue':
      return shown.listValue.values.map(jsonOf);
    case 'nullValue':
      return null;
    default:
      return shown[shown.kind];
  }
}
