import { watch } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { TaskAssignment } from '../model/effect.ts';
import type { Json } from '../model/json.ts';
import type { Telemetry } from '../ports/telemetry.ts';

/** What a handler is told beside its input. */
export interface HandlerContext {
  /** ARN of the execution. */
  readonly execution: string;
  readonly state: string;
  /** 1 for the first attempt. */
  readonly attempt: number;
  /** The same for every attempt of this visit to the state: hand it to whatever must not happen twice. */
  readonly idempotencyKey: string;
  /** The span of this call, as the header of W3C Trace Context. Absent: nobody traces the execution. */
  readonly traceparent?: string;
  /** Aborts when the task is withdrawn or has timed out. */
  readonly signal: AbortSignal;
}

/** A function task on one machine: takes the task's input, returns its output, throws to fail it. */
// biome-ignore lint/suspicious/noExplicitAny: a handler declares the shape of its own input; the engine cannot know it.
export type Handler = (input: any, context: HandlerContext) => unknown;

/** The functions of one machine, by the name a definition uses. */
export interface HandlerSource {
  find(functionName: string): Handler | undefined;
  names(): readonly string[];
  close(): void;
}

export function fixedHandlers(handlers: Readonly<Record<string, Handler>>): HandlerSource {
  const byName = new Map(Object.entries(handlers));
  return { find: (name) => byName.get(name), names: () => [...byName.keys()], close: () => {} };
}

/** A file that is being written is read once it has been left alone for so long, ms. */
const SETTLE_MS = 50;

/**
 * The exported functions of a module, TypeScript or JavaScript. The module itself is loaded again when its file
 * changes (what it imports is not); a version that does not load leaves the one before in use, and is logged.
 * @throws HandlersNotLoaded if the first load fails.
 */
export async function moduleHandlers(file: string, telemetry: Telemetry): Promise<HandlerSource> {
  const path = resolve(file);
  let version = 0;
  let handlers = await load(path, version);
  const reload = async () => {
    version += 1;
    const wanted = version;
    try {
      const loaded = await load(path, wanted);
      if (wanted !== version) return;
      handlers = loaded;
      telemetry.log('info', `Loaded ${path} again: ${[...loaded.keys()].join(', ')}.`, {});
    } catch (error) {
      telemetry.log('error', `${path} changed and does not load; the version before stays in use.`, { error });
    }
  };
  let settling: NodeJS.Timeout | undefined;
  // The folder is watched, because editors replace a file rather than write into it.
  const watcher = watch(dirname(path), { persistent: false }, (_kind, changed) => {
    if (changed !== basename(path)) return;
    clearTimeout(settling);
    settling = setTimeout(() => void reload(), SETTLE_MS).unref();
  });
  return {
    find: (name) => handlers.get(name),
    names: () => [...handlers.keys()],
    close: () => {
      clearTimeout(settling);
      watcher.close();
    },
  };
}

async function load(path: string, version: number): Promise<Map<string, Handler>> {
  const url = pathToFileURL(path);
  if (version > 0) url.searchParams.set('version', String(version));
  let exported: Record<string, unknown>;
  try {
    exported = await import(url.href);
  } catch (cause) {
    throw new HandlersNotLoaded(path, cause);
  }
  const functions = Object.entries(exported).filter(
    (entry): entry is [string, Handler] => typeof entry[1] === 'function',
  );
  return new Map(functions);
}

export class HandlersNotLoaded extends Error {
  override readonly name = 'HandlersNotLoaded';
  readonly code = 'Knhk.HandlersNotLoaded';

  constructor(path: string, cause: unknown) {
    super(`The handlers in ${path} could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/** Calls handlers in place of Lambda functions. */
export function callHandler(handler: Handler, task: TaskAssignment, input: Json, signal: AbortSignal): Promise<Json> {
  const { execution, state, attempt, idempotencyKey } = task;
  const traceparent = task.trace?.traceparent;
  const context = { execution, state, attempt, idempotencyKey, signal };
  return Promise.resolve(handler(input, traceparent === undefined ? context : { ...context, traceparent })).then(
    asJson,
  );
}

/** What a function returns, as JSON would carry it. */
function asJson(value: unknown): Json {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  const text = JSON.stringify(value);
  return text === undefined ? null : JSON.parse(text);
}
