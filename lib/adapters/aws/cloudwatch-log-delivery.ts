import { randomBytes } from 'node:crypto';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import {
  type LogDelivery,
  type LogDestination,
  type LogEntry,
  LogRefused,
  logGroupName,
} from '../../ports/execution-log.ts';
import { isTransient, unavailable } from './unavailable.ts';

export interface CloudWatchLogDeliveryOptions {
  readonly client: () => Promise<CloudWatchLogsClient>;
  /** ms since the epoch. */
  readonly now: () => number;
}

/** Limits of one PutLogEvents request (its API reference): bytes, of which each event costs 26 more, events, and time. */
const MAX_BATCH_BYTES = 1_048_576;
const EVENT_OVERHEAD_BYTES = 26;
const MAX_BATCH_EVENTS = 10_000;
const MAX_BATCH_MS = 24 * 3_600_000 - 1;
const DAY_MS = 24 * 3_600_000;
/** Streams remembered before they are made anew. */
const MAX_STREAMS = 10_000;

/**
 * Log groups of CloudWatch Logs. Each process writes streams of its own, a new one for each workflow and day:
 * `states/<workflow>/<date and minute>/<random>`. The group itself must exist.
 */
export class CloudWatchLogDelivery implements LogDelivery {
  readonly #client: () => Promise<CloudWatchLogsClient>;
  readonly #now: () => number;
  readonly #streams = new Map<string, { readonly until: number; readonly name: Promise<string> }>();

  constructor({ client, now }: CloudWatchLogDeliveryOptions) {
    this.#client = client;
    this.#now = now;
  }

  async deliver(destination: LogDestination, entries: readonly LogEntry[]): Promise<void> {
    const group = logGroupName(destination.group);
    if (group === undefined) throw new LogRefused(`Name a log group by its ARN: ${destination.group} is none.`);
    const key = `${group} ${destination.workflow}`;
    const isOldStream = this.#streams.has(key);
    try {
      await this.#write(group, destination.workflow, entries);
    } catch (error) {
      this.#streams.delete(key);
      if (isOldStream && isNamed(error, 'ResourceNotFoundException')) {
        // The stream may have been deleted.
        await this.deliver(destination, entries);
        return;
      }
      throw refusal(error, group);
    }
  }

  async #write(group: string, workflow: string, entries: readonly LogEntry[]): Promise<void> {
    const stream = await this.#stream(group, workflow);
    let rejected = 0;
    for (const batch of batches(entries)) rejected += await this.#put(group, stream, batch);
    if (rejected > 0) throw new LogRefused(`${group} did not take ${rejected} events: they are older than it keeps.`);
  }

  #stream(group: string, workflow: string): Promise<string> {
    const key = `${group} ${workflow}`;
    const now = this.#now();
    const known = this.#streams.get(key);
    if (known !== undefined && now < known.until) return known.name;
    const name = this.#createStream(group, streamName(workflow, now));
    if (this.#streams.size >= MAX_STREAMS) this.#streams.clear();
    this.#streams.set(key, { until: now + DAY_MS, name });
    return name;
  }

  async #createStream(logGroupName: string, logStreamName: string): Promise<string> {
    const [{ CreateLogStreamCommand }, client] = await Promise.all([
      import('@aws-sdk/client-cloudwatch-logs'),
      this.#client(),
    ]);
    await client.send(new CreateLogStreamCommand({ logGroupName, logStreamName })).catch((error: unknown) => {
      // An attempt before this one made it, and its answer was lost.
      if (!isNamed(error, 'ResourceAlreadyExistsException')) throw error;
    });
    return logStreamName;
  }

  /** How many events were rejected. */
  async #put(logGroupName: string, logStreamName: string, entries: readonly LogEntry[]): Promise<number> {
    const [{ PutLogEventsCommand }, client] = await Promise.all([
      import('@aws-sdk/client-cloudwatch-logs'),
      this.#client(),
    ]);
    const logEvents = entries.map(({ timestamp, message }) => ({ timestamp, message }));
    const request = new PutLogEventsCommand({ logGroupName, logStreamName, logEvents });
    const { rejectedLogEventsInfo: rejected } = await client.send(request);
    const tooNew = rejected?.tooNewLogEventStartIndex ?? entries.length;
    const tooOld = Math.max(rejected?.tooOldLogEventEndIndex ?? 0, rejected?.expiredLogEventEndIndex ?? 0);
    return tooOld + entries.length - tooNew;
  }
}

/**
 * Requests within the limits. The service wants times that do not go back: an entry that is older than the one before,
 * as other clocks may have had it, gets that one's time.
 */
function* batches(entries: readonly LogEntry[]): Generator<readonly LogEntry[]> {
  let batch: LogEntry[] = [];
  let bytes = 0;
  let latest = 0;
  for (const { timestamp: own, message } of entries) {
    const timestamp = Math.max(own, latest);
    latest = timestamp;
    const size = Buffer.byteLength(message) + EVENT_OVERHEAD_BYTES;
    const began = batch[0]?.timestamp ?? timestamp;
    const isFull = bytes + size > MAX_BATCH_BYTES || batch.length === MAX_BATCH_EVENTS;
    if (batch.length > 0 && (isFull || timestamp - began > MAX_BATCH_MS)) {
      yield batch;
      batch = [];
      bytes = 0;
    }
    batch.push({ timestamp, message });
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** Names of workflows may hold what names of streams may not. */
function streamName(workflow: string, now: number): string {
  const minute = new Date(now).toISOString().slice(0, 16).replace(/[T:]/g, '-');
  return `states/${workflow.replaceAll(/[:*]/g, '_')}/${minute}/${randomBytes(4).toString('hex')}`;
}

function refusal(error: unknown, group: string): unknown {
  if (!(error instanceof Error) || isTransient(error)) return unavailable(error, 'CloudWatch Logs');
  if (!REFUSALS.some((name) => isNamed(error, name))) return error;
  const problem = `${error.name}: ${error.message}`;
  return new LogRefused(`Make the log group ${group} and let the engine write to it (logGroups): ${problem}`, {
    cause: error,
  });
}

const REFUSALS = ['AccessDeniedException', 'InvalidParameterException', 'ResourceNotFoundException'];

function isNamed(error: unknown, name: string): boolean {
  return error instanceof Error && error.name === name;
}
