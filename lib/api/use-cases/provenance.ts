import { eraseExecution } from '../../execution/erasure.ts';
import type { EventType, ExecutionEvent } from '../../model/event.ts';
import { closes } from '../../model/redrive.ts';
import type { Page } from '../../ports/execution-index.ts';
import type { SealedCommit } from '../../provenance/commit-hash.ts';
import type { Ledger } from '../../provenance/ledger.ts';
import type { Extension, Receipt, SignedHead } from '../../provenance/receipt.ts';
import { erased } from '../../state/commit.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { destroyArchiveKey, executionHeld } from './archive.ts';
import { executionNotFound, isOurs } from './executions.ts';
import { pageTokenInvalid } from './pages.ts';

/**
 * The log of an execution, commit by commit, with what proves it. A page is shorter than asked for where it would grow
 * beyond what an answer may hold; a single commit beyond that comes without its payloads.
 * @throws ApiError `executionNotFound`, `pageTokenInvalid`
 */
export async function listCommits(
  services: Services,
  execution: string,
  limit: number,
  after: string | undefined,
): Promise<Page<SealedCommit>> {
  const from = after === undefined ? 0 : readToken(after);
  const read = isOurs(services.place, execution) ? await services.states.events(execution, from, limit) : [];
  if (read.length === 0 && from === 0) throw executionNotFound(execution);
  const items: SealedCommit[] = [];
  let room = services.policy.maxAnswerBytes;
  for (const commit of read) {
    const fitting = sizeOf(commit) > services.policy.maxAnswerBytes ? erased(commit) : commit;
    room -= sizeOf(fitting);
    if (room < 0 && items.length > 0) break;
    items.push(fitting);
  }
  const next = (items.at(-1)?.number ?? from - 1) + 1;
  const isLast = items.length === read.length && read.length < limit && (await isEnd(services, execution, next));
  return isLast ? { items } : { items, next: `from-${next}` };
}

/** A page may be short although others follow. */
async function isEnd({ states }: Services, execution: string, next: number): Promise<boolean> {
  return ((await states.head(execution))?.number ?? -1) < next;
}

function sizeOf(commit: SealedCommit): number {
  return Buffer.byteLength(JSON.stringify(commit));
}

function readToken(text: string): number {
  const [, number] = /^from-(\d{1,15})$/.exec(text) ?? [];
  if (number === undefined) throw pageTokenInvalid();
  return Number(number);
}

/**
 * Takes the payloads out of the log of a closed execution, for ever, and makes them unreadable in its archive. Asked again,
 * it goes on where it was interrupted.
 * @throws ApiError `executionNotFound`, `executionOpen`, `executionHeld`
 */
export async function erasePayloads(services: Services, execution: string): Promise<void> {
  if (!isOurs(services.place, execution)) throw executionNotFound(execution);
  const record = await services.archiveRecords?.find(execution);
  if (record?.heldSince !== undefined) throw executionHeld(execution);
  const outcome = await eraseExecution(services, execution);
  // Its log may have expired, its archive has not.
  if (outcome === 'notFound' && record === undefined) throw executionNotFound(execution);
  if (outcome === 'open') {
    throw new ApiError('executionOpen', execution, 'Stop it, or wait for its end: it is open.');
  }
  await destroyArchiveKey(services, execution);
}

/** The proof of how an execution has ended. @throws ApiError `executionNotFound`, `receiptNotFound`, `notSupported` */
export async function findReceipt(services: Services, execution: string): Promise<Receipt> {
  const ledger = ledgerOf(services);
  const closedAt = await closedAtOf(services, execution);
  if (closedAt === undefined) throw noReceipt(execution, 'Wait for its end: it is open.');
  const receipt = await ledger.receipt(execution, closedAt);
  if (receipt === undefined) {
    throw noReceipt(execution, 'Its end is not in the ledger yet: seal that now, or ask again later.');
  }
  return receipt;
}

/** From the log, backwards, since it may be without its payloads; `undefined`: it is open. */
async function closedAtOf({ place, states }: Services, execution: string): Promise<number | undefined> {
  const head = isOurs(place, execution) ? await states.head(execution) : undefined;
  if (head === undefined) throw executionNotFound(execution);
  for (let from = head.number; from >= 0; from -= 1) {
    const events = (await states.events(execution, from, 1)).flatMap((commit) => commit.events);
    const decisive = events.findLast((event) => closesIt(event) || !comesAfterEnd.has(event.type));
    if (decisive !== undefined) return closesIt(decisive) ? decisive.at : undefined;
  }
  return undefined;
}

/** What is written of an execution that has closed. */
const comesAfterEnd: ReadonlySet<string> = new Set<EventType>(['CancellationsDone', 'PayloadsErased']);

function closesIt(event: ExecutionEvent): boolean {
  return event.type === 'ExecutionSucceeded' || closes(event);
}

function noReceipt(execution: string, message: string): ApiError {
  return new ApiError('receiptNotFound', execution, message);
}

export interface LedgerView {
  /** Absent: nothing has been sealed yet. */
  readonly head?: SignedHead;
  /** SPKI, as PEM. */
  readonly publicKey: string;
}

/** @throws ApiError `notSupported` */
export async function describeLedger(services: Services): Promise<LedgerView> {
  const ledger = ledgerOf(services);
  const head = await ledger.head();
  return { ...(head === undefined ? {} : { head }), publicKey: await ledger.publicKey() };
}

/** Takes what has closed into the ledger. Answers with how much that was. @throws ApiError `notSupported` */
export function sealLedger(services: Services): Promise<number> {
  return ledgerOf(services).seal();
}

/** @throws ApiError `periodNotFound`, `notSupported` */
export async function extendLedger(services: Services, periods: number): Promise<Extension> {
  const extension = await ledgerOf(services).extension(periods);
  if (extension !== undefined) return extension;
  const message = `Ask for a number of periods that a head of this ledger had: none had ${periods}.`;
  throw new ApiError('periodNotFound', String(periods), message);
}

function ledgerOf({ ledger }: Services): Ledger {
  if (ledger !== undefined) return ledger;
  throw new ApiError('notSupported', 'ledger', 'Ask an engine that keeps a ledger: this one has none.');
}
