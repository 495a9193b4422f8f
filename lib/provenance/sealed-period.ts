import * as z from 'zod';
import type { Closing } from '../ports/closings.ts';
import { InvalidBundle } from './bundle.ts';
import { canonicalJson } from './canonical-json.ts';
import { readJsonLine } from './json-line.ts';
import { type Hash, inclusionProof } from './merkle-tree.ts';
import { closingHash, type Period, type Receipt, type SignedHead } from './receipt.ts';
import { receipt } from './receipt-schema.ts';

/**
 * A period of the ledger with all that closed in it, from which the receipt of each follows, without the engine. As JSON
 * Lines: a head, and the closings in the order of the tree.
 *
 *     {"ledger":1,"period":{…},"periodProof":[…],"head":{…}}
 *     {"closing":{…}}
 */
export interface SealedPeriod {
  readonly period: Period;
  /** The way from the period to the root of the ledger. */
  readonly periodProof: readonly Hash[];
  readonly head: SignedHead;
  readonly closings: readonly Closing[];
}

const FORMAT = 1;

export function* linesOfPeriod({ period, periodProof, head, closings }: SealedPeriod): Generator<string> {
  yield JSON.stringify({ ledger: FORMAT, period, periodProof, head });
  for (const closing of closings) yield JSON.stringify({ closing });
}

const { closing, period, periodProof, head } = receipt.shape;
const headLine = z.object({ ledger: z.literal(FORMAT), period, periodProof, head });
const closingLine = z.object({ closing });

/** Any number of periods, one after another. @throws InvalidBundle */
export async function readPeriods(lines: AsyncIterable<string>): Promise<readonly SealedPeriod[]> {
  const periods: (SealedPeriod & { readonly closings: Closing[] })[] = [];
  let number = 0;
  for await (const text of lines) {
    number += 1;
    if (text.trim() === '') continue;
    const line = readJsonLine(text);
    const begun = headLine.safeParse(line);
    if (begun.success && isAll(begun.data, line)) {
      const { ledger: _, ...sealed } = begun.data;
      periods.push({ ...sealed, closings: [] });
      continue;
    }
    const one = closingLine.safeParse(line);
    const last = periods.at(-1);
    if (!one.success || last === undefined || !isAll(one.data, line)) {
      throw new InvalidBundle(`Line ${number} is not one of an archived period of the ledger: download it again.`);
    }
    last.closings.push(one.data.closing);
  }
  return periods;
}

/** Whether the schema knows all that stands in the line. */
function isAll(data: unknown, line: unknown): boolean {
  return canonicalJson(data) === canonicalJson(line);
}

/** Receipts of what closed in these periods; what they prove is still to be checked. */
export class PeriodReceipts {
  readonly #byExecution = new Map<string, { readonly sealed: SealedPeriod; readonly index: number }[]>();
  readonly #leaves = new Map<SealedPeriod, readonly Hash[]>();

  constructor(periods: readonly SealedPeriod[]) {
    for (const sealed of periods) {
      for (const [index, { execution }] of sealed.closings.entries()) {
        const places = this.#byExecution.get(execution) ?? [];
        places.push({ sealed, index });
        this.#byExecution.set(execution, places);
      }
    }
  }

  /** For an execution as it closed with so many commits; otherwise, as it closed last. */
  find(execution: string, commits: number): Receipt | undefined {
    const places = this.#byExecution.get(execution) ?? [];
    const commitsAt = ({ sealed, index }: (typeof places)[number]) => sealed.closings[index]?.commits ?? 0;
    const last = places.toSorted((a, b) => commitsAt(a) - commitsAt(b)).at(-1);
    const place = places.find((one) => commitsAt(one) === commits) ?? last;
    const found = place?.sealed.closings[place.index];
    if (place === undefined || found === undefined) return undefined;
    const { sealed, index } = place;
    const proof = inclusionProof(this.#leavesOf(sealed), index);
    return { closing: found, index, proof, period: sealed.period, periodProof: sealed.periodProof, head: sealed.head };
  }

  #leavesOf(sealed: SealedPeriod): readonly Hash[] {
    const leaves = this.#leaves.get(sealed) ?? sealed.closings.map(closingHash);
    this.#leaves.set(sealed, leaves);
    return leaves;
  }
}
