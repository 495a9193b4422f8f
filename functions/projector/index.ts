import { Logger } from '@aws-lambda-powertools/logger';
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware';
import { Tracer } from '@aws-lambda-powertools/tracer';
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware';
import middy from '@middy/core';
import type { DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { type CommitImage, commitIdentity } from '../../lib/adapters/aws/commit-item.ts';
import { inParallel } from '../../lib/adapters/aws/in-parallel.ts';
import { readStreamImage } from '../../lib/adapters/aws/stream-image.ts';
import type { CommitRange } from '../../lib/execution/execution-logs.ts';
import { project } from '../../lib/execution/projection.ts';
import { sweepStarts } from '../../lib/execution/sweep.ts';
import { CLOSINGS, type Closing, closingOf } from '../../lib/ports/closings.ts';
import type { StreamedChange } from '../../lib/ports/streamed-change.ts';
import { readEnvironment } from '../environment.ts';
import type { SweepEvent } from '../events.ts';
import { flushMetrics, openMetrics } from '../metrics.ts';
import { powertoolsTelemetry } from '../telemetry.ts';
import { wireEngine } from '../wiring.ts';

const logger = new Logger();
const metrics = openMetrics(process.env);
const telemetry = powertoolsTelemetry(logger, metrics);
const {
  states,
  index,
  keyValues,
  ledger,
  ledgerArchive,
  owedArchives,
  pools,
  queue,
  arns,
  clock,
  executionLogs,
  owedLogs,
} = wireEngine(readEnvironment(process.env), telemetry);

const SEAL_EVERY_MS = 3_600_000;
const PARALLEL_LOGS = 8;

/** Keeps the lists of executions, logs their histories, sees to it that no fact is overlooked, and sweeps up what was left behind. */
export const handler = middy(
  async (event: DynamoDBStreamEvent | SweepEvent): Promise<DynamoDBBatchResponse | undefined> => {
    if ('Records' in event) return projectRecords(event.Records);
    const sent = await sweepStarts({ states, index, queue, store: keyValues, clock });
    telemetry.log(sent === 0 ? 'debug' : 'warn', 'Swept up executions that were left behind.', { sent });
    await pools.sweep();
    const settled = await owedLogs.sweep();
    if (settled > 0) telemetry.log('warn', 'Logged histories that could not be logged before.', { settled });
    // Last, so that a key that cannot be used and archives that are late hold up nothing else; an alarm tells of sweeps that fail.
    await all([proveClosings(), owedArchives?.sweep()]);
    return undefined;
  },
)
  .use(captureLambdaHandler(new Tracer(), { captureResponse: false }))
  .use(injectLambdaContext(logger))
  .use(flushMetrics(metrics));

/** Rejects when all have ended: the function stands still from then on, whatever is under way. */
async function all(work: readonly unknown[]): Promise<void> {
  await Promise.allSettled(work);
  await Promise.all(work);
}

async function proveClosings(): Promise<void> {
  await ledger?.sealIfDue(SEAL_EVERY_MS);
  await ledgerArchive?.catchUp();
}

async function projectRecords(records: readonly DynamoDBRecord[]): Promise<DynamoDBBatchResponse> {
  const done = await project({ index, queue, telemetry }, records, changeOf);
  // Everything from the first failure on comes again, which changes nothing in what has been done.
  const projected = records.slice(0, done);
  const [oldest] = projected;
  // The stream says when in whole seconds.
  const writtenAt = (oldest?.dynamodb?.ApproximateCreationDateTime ?? Number.NaN) * 1000;
  if (writtenAt > 0) metrics?.observe('knhk_projection_lag_seconds', {}, Math.max(0, clock.now() - writtenAt) / 1000);
  const isDone = (await collectClosings(projected)) && (await archive(projected)) && (await log(projected));
  const failed = records[isDone ? done : 0]?.dynamodb?.SequenceNumber;
  return { batchItemFailures: failed === undefined ? [] : [{ itemIdentifier: failed }] };
}

/** What has closed waits for the ledger: one record for all of a batch, under the same key when it comes again. False: it could not be written. */
async function collectClosings(records: readonly DynamoDBRecord[]): Promise<boolean> {
  if (ledger === undefined) return true;
  const closings = closingsIn(records).map((closing) => ({ ...closing }));
  const [first] = records;
  if (closings.length === 0 || first === undefined) return true;
  try {
    await keyValues.put(CLOSINGS, first.dynamodb?.SequenceNumber ?? '', closings, 'any');
    return true;
  } catch (error) {
    telemetry.log('error', 'What has closed could not be kept for the ledger; the batch comes again.', { error });
    return false;
  }
}

/** After the lists, which do not wait for it. False: it could not even be kept for later. */
async function archive(records: readonly DynamoDBRecord[]): Promise<boolean> {
  if (owedArchives === undefined) return true;
  try {
    await owedArchives.deliver(closingsIn(records));
    return true;
  } catch (error) {
    telemetry.log('error', 'What has closed could be neither archived nor kept for later; the batch comes again.', {
      error,
    });
    return false;
  }
}

function closingsIn(records: readonly DynamoDBRecord[]): readonly Closing[] {
  return records.flatMap((record) => {
    const change = changeOf(record);
    return change?.kind === 'row' ? (closingOf(change.row) ?? []) : [];
  });
}

/** After the lists, which do not wait for logs. False: it could not even be kept for later. */
async function log(records: readonly DynamoDBRecord[]): Promise<boolean> {
  try {
    await inParallel([...commitsOf(records)], PARALLEL_LOGS, ([execution, range]) =>
      owedLogs.deliver(execution, range),
    );
    return true;
  } catch (error) {
    telemetry.log('error', 'Histories could be neither logged nor kept for later; the batch comes again.', { error });
    return false;
  }
}

/** Of executions that may have to be logged. */
function commitsOf(records: readonly DynamoDBRecord[]): ReadonlyMap<string, CommitRange> {
  const ranges = new Map<string, CommitRange>();
  for (const { dynamodb } of records) {
    // Asserted as in changeOf.
    const commit = dynamodb?.NewImage && commitIdentity(dynamodb.NewImage as CommitImage, arns);
    if (!commit || executionLogs.isKnownOff(commit.execution)) continue;
    const { from, to } = ranges.get(commit.execution) ?? { from: commit.number, to: commit.number };
    ranges.set(commit.execution, { from: Math.min(from, commit.number), to: Math.max(to, commit.number) });
  }
  return ranges;
}

function changeOf(record: DynamoDBRecord): StreamedChange | undefined {
  const image = record.dynamodb?.NewImage;
  // Asserted: binary values are base64 text in an event, bytes in the SDK's type; what is read here are texts and numbers.
  return image === undefined ? undefined : readStreamImage(image as CommitImage, arns);
}
