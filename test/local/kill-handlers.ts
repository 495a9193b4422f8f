import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import type { HandlerContext } from '../../lib/local/handlers.ts';

/** Handlers that write down each call before they do anything, where it outlives their process. */

export interface Call {
  /** Unique. */
  readonly call: string;
  readonly execution: string;
  /** The name of the step in its execution, the same whenever it runs. */
  readonly step: string;
  readonly key: string;
  readonly attempt: number;
  /** The process that it was made in. */
  readonly life: string;
  readonly token?: string;
}

interface Input {
  readonly step: string;
  readonly n: number;
  readonly token?: string;
}

export interface Result {
  readonly n: number;
  readonly call: string;
}

/** Long enough for a kill to come between a call and the commit of its result, ms. */
const WORK_MS = 15;

const life = randomUUID();

/** Adds one. */
export async function add(input: Input, context: HandlerContext): Promise<Result> {
  const call = write(input, context);
  await new Promise((resolve) => setTimeout(resolve, WORK_MS));
  return { n: input.n + 1, call };
}

/** Adds one at the second attempt. */
export async function addLater(input: Input, context: HandlerContext): Promise<Result> {
  const result = await add(input, context);
  if (context.attempt === 1) throw new Error(result.call);
  return result;
}

function write({ step, token }: Input, { execution, idempotencyKey: key, attempt }: HandlerContext): string {
  const call: Call = {
    ...{ call: randomUUID(), execution, step, key, attempt, life },
    ...(token === undefined ? {} : { token }),
  };
  appendFileSync(process.env['CALLS'] ?? '', `${JSON.stringify(call)}\n`);
  return call.call;
}
