import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Tracer } from '@aws-lambda-powertools/tracer';
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware';
import middy from '@middy/core';
import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { showAgain } from '../../lib/adapters/aws/message-visibility.ts';
import { readWorkBody } from '../../lib/adapters/aws/work-message.ts';
import { consumeTurn, TurnUnended } from '../../lib/execution/dead-letters.ts';
import { retryDelay } from '../../lib/model/retry.ts';
import type { TelemetryFields } from '../../lib/ports/telemetry.ts';
import { queuePolicy } from '../../lib/resilience/retry-policy.ts';
import { MAX_DELIVERIES, readEnvironment } from '../environment.ts';
import { flushMetrics, openMetrics } from '../metrics.ts';
import { powertoolsTelemetry } from '../telemetry.ts';
import { wireEngine } from '../wiring.ts';
import { keepHidden } from './keep-hidden.ts';

const logger = new Logger();
const metrics = openMetrics(process.env);
const telemetry = powertoolsTelemetry(logger, metrics);
const { engine, deadLetters, queueOptions, clock } = wireEngine(readEnvironment(process.env), telemetry);

telemetry.meter?.gauge('knhk_dead_letters', {}, () => deadLetters.count);

/**
 * Runs a turn for each message, all at the same time. Messages whose turn failed come again, the others are gone; one that
 * comes for the last time is put on record as a dead letter, and only if that is impossible ends in the queue for them.
 */
export const handler = middy(async (event: SQSEvent): Promise<SQSBatchResponse> => {
  const [, ...failures] = await Promise.all([look(), ...event.Records.map(runTurn)]);
  return { batchItemFailures: failures.flat() };
})
  .use(captureLambdaHandler(new Tracer(), { captureResponse: false }))
  .use(injectLambdaContext(logger))
  .use(flushMetrics(metrics));

async function runTurn(record: SQSRecord): Promise<readonly SQSBatchItemFailure[]> {
  let execution: string | undefined;
  const finished = keepHidden(record, clock, (seconds) => showAgain(queueOptions, record.receiptHandle, seconds));
  try {
    const message = readWorkBody(record.body);
    const { delaySeconds = 0 } = message;
    execution = message.execution;
    const age = clock.now() - Number(record.attributes.SentTimestamp) - delaySeconds * 1000;
    metrics?.observe('knhk_queue_age_seconds', {}, Math.max(0, age) / 1000);
    // If it takes the process with it, that is on record too.
    if (isLast(record)) await onRecord(execution, deliveriesOf(record) - 1, new TurnUnended());
    await consumeTurn(execution, { engine, deadLetters, clock });
    return [];
  } catch (error) {
    finished();
    if (execution !== undefined && isLast(record) && (await onRecord(execution, 1, error))) {
      const code = 'Knhk.DeadLetter';
      telemetry.log('error', 'The turn failed too often and is given up.', { code, execution, error });
      return [];
    }
    telemetry.log('error', 'A turn failed; its message comes again.', { ...nameOf(execution, record), error });
    await retrySoon(record);
    return [{ itemIdentifier: record.messageId }];
  } finally {
    finished();
  }
}

async function look(): Promise<void> {
  try {
    await deadLetters.look();
  } catch (error) {
    telemetry.log('warn', 'Dead letters could not be looked at.', { error });
  }
}

function deliveriesOf({ attributes }: SQSRecord): number {
  return Number(attributes.ApproximateReceiveCount);
}

function isLast(record: SQSRecord): boolean {
  return deliveriesOf(record) >= MAX_DELIVERIES;
}

/** False: it could not be put on record; then the message stays in the queue, which moves it to that for dead letters. */
async function onRecord(execution: string, failures: number, error: unknown): Promise<boolean> {
  try {
    await deadLetters.gaveUp(execution, failures, error);
    return true;
  } catch (fault) {
    telemetry.log('error', 'What is given up could not be put on record.', { execution, error: fault });
    return false;
  }
}

/** What is no message of the engine is shown as it is. */
function nameOf(execution: string | undefined, { body }: SQSRecord): TelemetryFields {
  return execution === undefined ? { message: body } : { execution };
}

async function retrySoon(record: SQSRecord): Promise<void> {
  const used = deliveriesOf(record) - 1;
  const seconds = Math.ceil(retryDelay(queuePolicy, used, 1) / 1000);
  try {
    await showAgain(queueOptions, record.receiptHandle, seconds);
  } catch (error) {
    telemetry.log('warn', 'A message comes again only at its visibility timeout.', { error });
  }
}
