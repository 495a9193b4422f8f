import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Tracer } from '@aws-lambda-powertools/tracer';
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware';
import middy from '@middy/core';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import type { CommitImage } from '../../lib/adapters/aws/commit-item.ts';
import { inParallel } from '../../lib/adapters/aws/in-parallel.ts';
import { readStreamImage, type StreamedChange } from '../../lib/adapters/aws/stream-image.ts';
import { sweepStarts } from '../../lib/execution/sweep.ts';
import { parseStatesArn } from '../../lib/model/arn.ts';
import { readEnvironment } from '../environment.ts';
import type { SweepEvent } from '../events.ts';
import { powertoolsTelemetry } from '../telemetry.ts';
import { wireEngine } from '../wiring.ts';

const logger = new Logger();
const telemetry = powertoolsTelemetry(logger);
const { states, index, keyValues, queue, arns, clock } = wireEngine(readEnvironment(process.env), telemetry);

/** Whoever deposits a fact or redrives an execution sends a message for it; this one is for those who died in between, and mostly finds nothing to do. */
const MESSAGE_DELAY_SECONDS = 30;
const PARALLEL_WRITES = 32;

/** Keeps the lists of executions, sees to it that no fact is overlooked, and sweeps up what was left behind. */
export const handler = middy(
  async (event: DynamoDBStreamEvent | SweepEvent): Promise<DynamoDBBatchResponse | undefined> => {
    if ('Records' in event) return project(event.Records);
    const sent = await sweepStarts({ states, index, queue, store: keyValues, clock });
    telemetry.log(sent === 0 ? 'debug' : 'warn', 'Swept up executions that were left behind.', { sent });
    return undefined;
  },
)
  .use(captureLambdaHandler(new Tracer(), { captureResponse: false }))
  .use(injectLambdaContext(logger));

async function project(records: readonly DynamoDBRecord[]): Promise<DynamoDBBatchResponse> {
  const woken = new Set<string>();
  const outcomes = await inParallel(records, PARALLEL_WRITES, async (record) => {
    try {
      await apply(record, woken);
      return true;
    } catch (error) {
      telemetry.log('error', 'A change could not be projected; the batch comes again from there.', { error });
      return false;
    }
  });
  const messages = [...woken].map((execution) => ({
    execution,
    group: parseStatesArn(execution)?.name ?? execution,
    delaySeconds: MESSAGE_DELAY_SECONDS,
  }));
  await queue.send(messages);
  // Everything from the first failure on comes again, which changes nothing in what has been done.
  const failed = records[outcomes.indexOf(false)]?.dynamodb?.SequenceNumber;
  return { batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed }] };
}

async function apply(record: DynamoDBRecord, woken: Set<string>): Promise<void> {
  const change = changeOf(record);
  if (change?.kind === 'fact') woken.add(change.execution);
  if (change?.kind !== 'row') return;
  await index.put(change.row);
  // It has been redriven, and who did it may have died before it could tell anybody.
  if (change.row.status === 'RUNNING' && change.row.commit > 0) woken.add(change.row.execution);
}

function changeOf(record: DynamoDBRecord): StreamedChange | undefined {
  const image = record.dynamodb?.NewImage;
  // Asserted: binary values are base64 text in an event, bytes in the SDK's type; what is read here are texts and numbers.
  return image === undefined ? undefined : readStreamImage(image as CommitImage, arns);
}
