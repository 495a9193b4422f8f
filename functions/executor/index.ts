import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Tracer } from '@aws-lambda-powertools/tracer';
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware';
import middy from '@middy/core';
import type { SQSBatchItemFailure, SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { showAgain } from '../../lib/adapters/aws/message-visibility.ts';
import { readWorkBody } from '../../lib/adapters/aws/work-message.ts';
import type { TelemetryFields } from '../../lib/ports/telemetry.ts';
import { readEnvironment } from '../environment.ts';
import { flushMetrics, openMetrics } from '../metrics.ts';
import { powertoolsTelemetry } from '../telemetry.ts';
import { wireEngine } from '../wiring.ts';
import { keepHidden } from './keep-hidden.ts';

const logger = new Logger();
const metrics = openMetrics(process.env);
const telemetry = powertoolsTelemetry(logger, metrics);
const { engine, queueOptions, clock } = wireEngine(readEnvironment(process.env), telemetry);

/** Seconds until a message whose turn failed comes again; doubles with each delivery. */
const FIRST_RETRY_SECONDS = 5;
const LONGEST_RETRY_SECONDS = 300;

/** Runs a turn for each message, all at the same time. Messages whose turn failed come again, the others are gone. */
export const handler = middy(async (event: SQSEvent): Promise<SQSBatchResponse> => {
  const failures = await Promise.all(event.Records.map(runTurn));
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
    await engine.turn(execution);
    return [];
  } catch (error) {
    telemetry.log('error', 'A turn failed; its message comes again.', { ...nameOf(execution, record), error });
    finished();
    await retrySoon(record);
    return [{ itemIdentifier: record.messageId }];
  } finally {
    finished();
  }
}

/** What is no message of the engine is shown as it is. */
function nameOf(execution: string | undefined, { body }: SQSRecord): TelemetryFields {
  return execution === undefined ? { message: body } : { execution };
}

async function retrySoon({ receiptHandle, attributes }: SQSRecord): Promise<void> {
  const deliveries = Number(attributes.ApproximateReceiveCount);
  const seconds = Math.min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2 ** (deliveries - 1));
  try {
    await showAgain(queueOptions, receiptHandle, seconds);
  } catch (error) {
    telemetry.log('warn', 'A message comes again only at its visibility timeout.', { error });
  }
}
