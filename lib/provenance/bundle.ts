import * as z from 'zod';
import { canonicalJson } from './canonical-json.ts';
import { isAsWritten, type SealedCommit, splitEvents } from './commit-hash.ts';
import { readJsonLine } from './json-line.ts';
import { faultInReceipt, type Receipt } from './receipt.ts';
import { receipt as receiptSchema } from './receipt-schema.ts';

/**
 * The history of executions as JSON Lines, to be kept and checked without the engine: of each execution a head, its
 * commits in order, and its receipt, or `null` while it stands in no period of the ledger.
 *
 *     {"bundle":1,"execution":"arn:…"}
 *     {"commit":0,"hash":"…","salt":"…","events":[…]}
 *     {"commit":1,"hash":"…","salt":"…","events":[…]}
 *     {"receipt":{…}}
 *
 * Commits of an archive have a member `encrypted`.
 */
const FORMAT = 1;

type Digests = Omit<SealedCommit, 'execution' | 'number' | 'events'>;

/** A commit as it comes from the API. */
type CommitToExport = Pick<SealedCommit, 'number' | 'events'> & {
  readonly [D in keyof Digests]: Digests[D] | undefined;
};

/** The lines of one execution, without line ends. */
export async function* bundleOf(
  execution: string,
  commits: AsyncIterable<CommitToExport>,
  receipt: Receipt | undefined,
): AsyncGenerator<string> {
  yield headLine(execution);
  for await (const commit of commits) yield commitLine(commit);
  yield receiptLine(receipt);
}

export function headLine(execution: string): string {
  return JSON.stringify({ bundle: FORMAT, execution });
}

export function commitLine(commit: CommitToExport): string {
  const { number, hash, salt, payloads, snapshot, previous, encrypted, events } = commit;
  return JSON.stringify({ commit: number, hash, salt, payloads, snapshot, previous, encrypted, events });
}

export function receiptLine(receipt: Receipt | undefined): string {
  return JSON.stringify({ receipt: receipt ?? null });
}

/** What a bundle shows of an execution. */
export interface CheckedExecution {
  readonly execution: string;
  readonly commits: number;
  /** Of how many of them payloads were erased. */
  readonly erased: number;
  /** Of how many of them payloads are encrypted. */
  readonly encrypted: number;
  /** As it is: checked, if there are no faults. `null`: the end of the execution is not proven. */
  readonly receipt: Receipt | null;
  /** What is wrong, in sentences that name the commit; empty: nothing. */
  readonly faults: readonly string[];
}

/** A line is not one of a bundle. */
export class InvalidBundle extends Error {
  override readonly name = 'InvalidBundle';
  readonly code = 'Knhk.InvalidBundle';
}

/**
 * Checks a bundle, one execution after another, in memory for one commit. All it needs is the public key (PEM).
 * @param find receipts for executions that come without one.
 * @throws InvalidBundle if a line is not of a bundle.
 */
export async function* checkBundle(
  lines: AsyncIterable<string>,
  publicKey: string,
  find: FindReceipt = () => undefined,
): AsyncGenerator<CheckedExecution> {
  let check: ExecutionCheck | undefined;
  for await (const line of readBundle(lines)) {
    const { number } = line;
    switch (line.kind) {
      case 'head':
        if (check !== undefined) yield check.end(null, publicKey);
        check = new ExecutionCheck(line.execution, find);
        break;
      case 'commit':
        check = begun(check, number);
        check.take(line.commit);
        break;
      case 'receipt':
        yield begun(check, number).end(line.receipt, publicKey);
        check = undefined;
        break;
    }
  }
  if (check !== undefined) yield check.end(null, publicKey);
}

/** What stands in each line. @throws InvalidBundle if a line is not of a bundle, or there is none. */
export async function* readBundle(lines: AsyncIterable<string>): AsyncGenerator<BundleLine> {
  let number = 0;
  let isEmpty = true;
  for await (const text of lines) {
    number += 1;
    if (text.trim() === '') continue;
    isEmpty = false;
    yield { ...readLine(text, number), number };
  }
  if (isEmpty) throw new InvalidBundle('The bundle is empty: export it again.');
}

function begun(check: ExecutionCheck | undefined, line: number): ExecutionCheck {
  if (check !== undefined) return check;
  throw new InvalidBundle(
    `Line ${line} belongs to no execution: a line {"bundle":${FORMAT},"execution":…} is missing before it.`,
  );
}

type FindReceipt = (execution: string, commits: number) => Receipt | undefined;

class ExecutionCheck {
  readonly #execution: string;
  readonly #find: FindReceipt;
  readonly #faults: string[] = [];
  readonly #hashes: (string | undefined)[] = [];
  #before: SealedCommit | undefined;
  #erased = 0;
  #encrypted = 0;

  constructor(execution: string, find: FindReceipt) {
    this.#execution = execution;
    this.#find = find;
  }

  take(body: Omit<SealedCommit, 'execution'>): void {
    const commit = { ...body, execution: this.#execution };
    const expected = this.#before === undefined ? 0 : this.#before.number + 1;
    if (commit.number > expected) this.#faults.push(this.#missing(expected, commit.number - 1));
    if (commit.number < expected) this.#faults.push(`Commit ${commit.number} comes where commit ${expected} belongs.`);
    const isKnown = commit.number === expected;
    if (isKnown && commit.hash === undefined) {
      this.#faults.push(`Commit ${commit.number} has no hash: nothing tells whether it is what was written.`);
    } else if (isKnown && !isAsWritten(commit, this.#before)) {
      this.#faults.push(`Commit ${commit.number} is not what was written: its content does not give its hash.`);
    } else if (isKnown && saysMore(commit, this.#before)) {
      this.#faults.push(`Commit ${commit.number} says more than was written: something that no hash is of was added.`);
    }
    if (commit.encrypted !== undefined) this.#encrypted += 1;
    else if (commit.payloads !== undefined) this.#erased += 1;
    this.#hashes[commit.number] = commit.hash;
    this.#before = commit;
  }

  end(own: Receipt | null, publicKey: string): CheckedExecution {
    const receipt = own ?? this.#find(this.#execution, this.#hashes.length) ?? null;
    if (receipt !== null) this.#compare(receipt, publicKey);
    else if (this.#before === undefined) this.#faults.push('It has no commits.');
    return {
      execution: this.#execution,
      commits: this.#hashes.length,
      erased: this.#erased,
      encrypted: this.#encrypted,
      receipt,
      faults: this.#faults,
    };
  }

  #compare(receipt: Receipt, publicKey: string): void {
    const { closing } = receipt;
    const last = closing.commits - 1;
    if (closing.execution !== this.#execution) {
      this.#faults.push(`The receipt is for ${closing.execution}.`);
    } else if (this.#hashes.length < closing.commits) {
      this.#faults.push(this.#missing(this.#hashes.length, last));
    } else if (this.#hashes[last] !== closing.hash) {
      this.#faults.push(`Commit ${last} is not the one that the ledger has: what came up to it was written anew.`);
    }
    const fault = faultInReceipt(receipt, publicKey);
    if (fault !== undefined) this.#faults.push(fault);
  }

  #missing(from: number, to: number): string {
    return from === to ? `Commit ${from} is missing.` : `Commits ${from} to ${to} are missing.`;
  }
}

/** Whether there stands what its hash is not of, and what is never written so. */
function saysMore({ events, salt, payloads, previous, encrypted }: SealedCommit, before: SealedCommit | undefined) {
  if (previous !== undefined && previous !== before?.hash) return true;
  const isInClear = splitEvents(events).payloads !== undefined;
  return (isInClear && payloads !== undefined) || (encrypted !== undefined && (isInClear || salt !== undefined));
}

const writtenReceipt = z.strictObject({ receipt: receiptSchema.nullable() });

/** A line, without its number. */
type Line =
  | { readonly kind: 'head'; readonly execution: string }
  | { readonly kind: 'commit'; readonly commit: Omit<SealedCommit, 'execution'> }
  | { readonly kind: 'receipt'; readonly receipt: Receipt | null };

export type BundleLine = Line & {
  /** Of the line, from 1. */
  readonly number: number;
};

const member = z.string().optional();
const members = { hash: member, salt: member, payloads: member, snapshot: member, previous: member, encrypted: member };
const writtenHead = z.strictObject({ bundle: z.unknown(), execution: z.string() });
const writtenCommit = z.strictObject({
  commit: z.int().min(0),
  ...members,
  events: z.array(z.custom<{ readonly type: string }>(isEvent)),
});

function readLine(text: string, number: number): Line {
  const line = readJsonLine(text);
  if (line === undefined) {
    throw new InvalidBundle(
      `Line ${number} is not JSON as it was exported, one object whose members all have different names: export the bundle again.`,
    );
  }
  const head = writtenHead.safeParse(line);
  if (head.success) {
    if (line['bundle'] === FORMAT) return { kind: 'head', execution: head.data.execution };
    throw new InvalidBundle(
      `Line ${number} is of format ${String(line['bundle'])}; this version reads ${FORMAT}: upgrade.`,
    );
  }
  const commit = writtenCommit.safeParse(line);
  if (commit.success) return { kind: 'commit', commit: commitIn(commit.data) };
  const receipt = writtenReceipt.safeParse(line);
  // Members that the schema does not know are left out of the data, and no signature is of them.
  if (receipt.success && canonicalJson(receipt.data) === canonicalJson(line)) {
    return { kind: 'receipt', receipt: receipt.data.receipt };
  }
  throw new InvalidBundle(`Line ${number} is neither a head nor a commit nor a receipt: export the bundle again.`);
}

function commitIn({ commit, events, ...line }: z.infer<typeof writtenCommit>): Omit<SealedCommit, 'execution'> {
  const texts = Object.entries(line).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(texts), number: commit, events };
}

function isEvent(value: unknown): value is { readonly type: string } {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}
