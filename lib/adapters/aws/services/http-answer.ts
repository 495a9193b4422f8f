import type { Json, JsonObject } from '../../../model/json.ts';

/** The HTTP answer under an answer of the SDK. */
export interface RawAnswer {
  readonly statusCode: number;
  /** Name and value by turns, as they came. */
  readonly headers: readonly string[];
}

export const noAnswer: RawAnswer = { statusCode: 200, headers: [] };

interface MiddlewareStack {
  add(
    middleware: (next: (args: never) => Promise<unknown>) => (args: never) => Promise<unknown>,
    options: { readonly step: 'deserialize'; readonly name: string; readonly priority: 'low' },
  ): void;
}

/** Has `tell` told of the answer to a command before the SDK reads it. */
export function listen(
  command: { readonly middlewareStack: MiddlewareStack },
  tell: (answer: RawAnswer) => void,
): void {
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      tell(readAnswer(result));
      return result;
    },
    { step: 'deserialize', name: 'knhkRawAnswer', priority: 'low' },
  );
}

/** The SDK types the answer of its transport as unknown; with Node's HTTP transport it has these fields. */
function readAnswer(result: unknown): RawAnswer {
  const { response } = result as {
    response?: {
      statusCode?: number;
      headers?: Record<string, string>;
      body?: { rawHeaders?: readonly string[] };
    };
  };
  const headers = response?.body?.rawHeaders ?? Object.entries(response?.headers ?? {}).flat();
  return { statusCode: response?.statusCode ?? 200, headers };
}

const REQUEST_IDS: ReadonlySet<string> = new Set(['x-amzn-requestid', 'x-amzn-request-id', 'x-amz-request-id']);

/** What an optimised integration adds to its answer. */
export function sdkMetadata({ statusCode, headers }: RawAnswer): JsonObject {
  const all: Record<string, Json> = {};
  const last: Record<string, Json> = {};
  let requestId = '';
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? '';
    const value = headers[index + 1] ?? '';
    const before = all[name];
    all[name] = Array.isArray(before) ? [...before, value] : [value];
    last[name] = value;
    if (REQUEST_IDS.has(name.toLowerCase())) requestId = value;
  }
  return {
    SdkHttpMetadata: { AllHttpHeaders: all, HttpHeaders: last, HttpStatusCode: statusCode },
    SdkResponseMetadata: { RequestId: requestId },
  };
}
