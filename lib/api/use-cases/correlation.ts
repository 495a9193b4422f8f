import {
  type CompiledJsonata,
  compileJsonata,
  JsonataError,
  JsonataSyntaxError,
} from '../../language/jsonata/index.ts';
import { executionArn } from '../../model/arn.ts';
import type { Json } from '../../model/json.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { postEvent } from './outside-events.ts';

/** An event from elsewhere, and how to find the execution that it is for. */
export interface CorrelatedEvent {
  /** Absent: `execution` gives an ARN. */
  readonly workflow?: string | undefined;
  /** JSONata over `source`, as are `payload` and `id`. */
  readonly execution: string;
  readonly event: string;
  readonly payload: string;
  readonly id: string;
  readonly unmatched: 'keep' | 'discard';
  readonly source: Json;
}

/**
 * Sends the event to its execution. One that has closed, or whose definition does not know the event, gets nothing: that
 * is logged, and no repetition would change it.
 * @throws ApiError `executionNotFound` unless such events are discarded; `requestInvalid` where an expression gives no text.
 */
export async function deliverEvent(services: Services, correlated: CorrelatedEvent): Promise<void> {
  const { event: name, source, unmatched } = correlated;
  const id = evaluated(services, correlated, 'id');
  const execution = executionOf(services, correlated);
  if (typeof id !== 'string' || id === '') throw unfit('id', correlated.id, 'gives no text');
  try {
    const payload = evaluated(services, correlated, 'payload') ?? null;
    await postEvent(services, execution, { name, id, payload });
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const isUnmatched = error.reason === 'executionNotFound' && unmatched === 'discard';
    if (!isUnmatched && error.reason !== 'executionClosed' && error.reason !== 'eventUnknown') throw error;
    const level = isUnmatched ? 'debug' : 'warn';
    services.telemetry.log(level, 'An event reached no execution.', { execution, name, id, source, error });
  }
}

function executionOf(services: Services, correlated: CorrelatedEvent): string {
  const { workflow } = correlated;
  const found = evaluated(services, correlated, 'execution');
  if (typeof found === 'number' && workflow !== undefined) return executionArn(services.place, workflow, String(found));
  if (typeof found !== 'string' || found === '') throw unfit('execution', correlated.execution, 'gives no text');
  if (found.startsWith('arn:')) return found;
  if (workflow !== undefined) return executionArn(services.place, workflow, found);
  throw unfit('execution', correlated.execution, `gives "${found}", which is no ARN, and no workflow is named`);
}

function evaluated(
  services: Services,
  correlated: CorrelatedEvent,
  field: 'execution' | 'payload' | 'id',
): Json | undefined {
  const { clock, ids } = services;
  const source = correlated[field];
  try {
    return compiled(source).evaluate(correlated.source, {
      now: clock.now(),
      random: () => ids.random32() / 2 ** 32,
      uuid: () => ids.uuid(),
    });
  } catch (error) {
    if (!(error instanceof JsonataError || error instanceof JsonataSyntaxError)) throw error;
    throw unfit(field, source, `fails: ${error.message}`);
  }
}

const known = new Map<string, CompiledJsonata>();

/** Rules are few, and each process sees the same ones again and again. */
function compiled(source: string): CompiledJsonata {
  const found = known.get(source) ?? compileJsonata(source);
  known.set(source, found);
  return found;
}

function unfit(field: string, source: string, problem: string): ApiError {
  return new ApiError('requestInvalid', field, `Correct the rule: its ${field}, "${source}", ${problem}.`);
}
