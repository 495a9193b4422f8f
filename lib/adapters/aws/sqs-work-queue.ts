import { setTimeout as pause } from 'node:timers/promises';
import { SendMessageBatchCommand, type SendMessageBatchRequestEntry, type SQSClient } from '@aws-sdk/client-sqs';
import { type RetryRule, retryDelay } from '../../model/retry.ts';
import type { WorkMessage, WorkQueue } from '../../ports/work-queue.ts';
import { inParallel } from './in-parallel.ts';
import { messageGroupId, workBody } from './work-message.ts';

/** Some messages could not be sent; others of the same call may have been. */
export class SendFailed extends Error {
  override readonly name = 'SendFailed';
  readonly code = 'Knhk.SendFailed';
  /** Executions whose message was not sent. */
  readonly executions: readonly string[];
  /** What SQS said. */
  readonly reason: string;

  constructor(executions: readonly string[], reason: string) {
    super(`SQS refused ${executions.length} messages (${reason}): send them again.`);
    this.executions = executions;
    this.reason = reason;
  }
}

export interface SqsWorkQueueOptions {
  readonly client: () => Promise<SQSClient>;
  readonly queueUrl: string;
}

export const MAX_DELAY_SECONDS = 900;
/** Messages that one request takes. */
const BATCH = 10;
const PARALLEL_BATCHES = 8;
/** Requests under way before small calls wait to share the next ones. */
const LANES = 4;
/** When messages are sent again that SQS refused, of a batch, through no fault of ours. */
const REFUSED: RetryRule = { intervalSeconds: 0.1, backoffRate: 2, maxAttempts: 3, jitter: 'FULL' };

/** The work queue on SQS: a standard queue, fair between groups. */
export class SqsWorkQueue implements WorkQueue {
  readonly #options: SqsWorkQueueOptions;
  readonly #waiting: Caller[] = [];
  #lanes = 0;

  constructor(options: SqsWorkQueueOptions) {
    this.#options = options;
  }

  /**
   * Calls that come while others are under way share requests, up to ten messages each: a map run that starts a thousand
   * children calls a thousand times. One that comes alone waits for nothing.
   *
   * @throws RangeError before anything is sent, when a delay is not an integer from 0 to 900.
   * @throws SendFailed when SQS keeps refusing some of the messages.
   */
  async send(messages: readonly WorkMessage[]): Promise<void> {
    for (const { delaySeconds = 0 } of messages) checkDelay(delaySeconds);
    if (messages.length > 0 && messages.length < BATCH) return this.#join(messages);
    const batches = Array.from({ length: Math.ceil(messages.length / BATCH) }, (_, i) =>
      messages.slice(i * BATCH, (i + 1) * BATCH),
    );
    await inParallel(batches, PARALLEL_BATCHES, (batch) => this.#sendBatch(batch));
  }

  #join(messages: readonly WorkMessage[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ messages, resolve, reject });
      if (this.#lanes < LANES) void this.#drain();
    });
  }

  /** Never rejects: the callers are told. */
  async #drain(): Promise<void> {
    this.#lanes += 1;
    while (this.#waiting.length > 0) await this.#sendTogether(this.#nextCallers());
    this.#lanes -= 1;
  }

  /** As many of those that wait as fit into one request. */
  #nextCallers(): readonly Caller[] {
    let room = BATCH;
    const last = this.#waiting.findIndex(({ messages }) => {
      room -= messages.length;
      return room < 0;
    });
    return this.#waiting.splice(0, last === -1 ? this.#waiting.length : last);
  }

  async #sendTogether(callers: readonly Caller[]): Promise<void> {
    const failure: unknown = await this.#sendBatch(callers.flatMap(({ messages }) => messages)).then(
      () => undefined,
      (error: unknown) => error ?? new Error('SQS gave no reason.'),
    );
    for (const { messages, resolve, reject } of callers) {
      const own = failure instanceof SendFailed ? failureAmong(messages, failure) : failure;
      if (own === undefined) resolve();
      else reject(own);
    }
  }

  async #sendBatch(batch: readonly WorkMessage[]): Promise<void> {
    let left = batch;
    let reason = '';
    for (let round = 0; round <= REFUSED.maxAttempts && left.length > 0; round++) {
      if (round > 0) await pause(retryDelay(REFUSED, round - 1, Math.random()));
      const answer = await (await this.#options.client()).send(
        new SendMessageBatchCommand({ QueueUrl: this.#options.queueUrl, Entries: left.map(entry) }),
      );
      const refused = answer.Failed ?? [];
      reason = refused[0]?.Message ?? refused[0]?.Code ?? '';
      const sent = left;
      left = refused.flatMap(({ Id }) => sent[Number(Id)] ?? []);
      if (refused.some(({ SenderFault }) => SenderFault)) break;
    }
    if (left.length === 0) return;
    throw new SendFailed(
      left.map(({ execution }) => execution),
      reason,
    );
  }
}

interface Caller {
  readonly messages: readonly WorkMessage[];
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

function failureAmong(messages: readonly WorkMessage[], { executions, reason }: SendFailed): SendFailed | undefined {
  const unsent = messages.map(({ execution }) => execution).filter((execution) => executions.includes(execution));
  return unsent.length === 0 ? undefined : new SendFailed(unsent, reason);
}

function entry(message: WorkMessage, index: number): SendMessageBatchRequestEntry {
  return {
    Id: String(index),
    MessageBody: workBody(message.execution, message.group, message.delaySeconds),
    MessageGroupId: messageGroupId(message.group),
    ...(message.delaySeconds ? { DelaySeconds: message.delaySeconds } : {}),
  };
}

function checkDelay(seconds: number): void {
  if (Number.isInteger(seconds) && seconds >= 0 && seconds <= MAX_DELAY_SECONDS) return;
  throw new RangeError(
    `A message can be delayed by 0 to ${MAX_DELAY_SECONDS} whole seconds, not ${seconds}: use a timer.`,
  );
}
