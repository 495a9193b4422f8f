import { ChangeMessageVisibilityCommand } from '@aws-sdk/client-sqs';
import type { SqsWorkQueueOptions } from './sqs-work-queue.ts';

/** Lets a message that could not be handled be delivered again after so many seconds, instead of at its visibility timeout. */
export async function showAgain(
  { client, queueUrl }: SqsWorkQueueOptions,
  receiptHandle: string,
  seconds: number,
): Promise<void> {
  const request = { QueueUrl: queueUrl, ReceiptHandle: receiptHandle, VisibilityTimeout: seconds };
  await (await client()).send(new ChangeMessageVisibilityCommand(request));
}
