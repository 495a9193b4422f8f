import { isJsonObject, type Json, type JsonObject } from '../../model/json.ts';

/** Who holds or wants permits: one attempt of one activation; activation 0 is the execution as a whole. */
export interface PermitHolder {
  /** ARN. */
  readonly execution: string;
  readonly activation: number;
  /** Of the execution as a whole: how often it has been redriven. */
  readonly attempt: number;
  /** Place in the lines: sorts as text, earlier ones first, and begins with the ms since the epoch in 15 digits. Unique. */
  readonly ticket: string;
  /** Absent: the execution as a whole. */
  readonly state?: string;
}

export interface PermitRequest extends PermitHolder {
  /** Names of pools, each once, in ascending order: everybody takes them in this order, so that no two wait for each other. */
  readonly pools: readonly string[];
}

/** A permit in use. */
export interface Grant extends PermitHolder {
  /** ms since the epoch. */
  readonly grantedAt: number;
  /** From then on, whoever waits may ask the log whether the holder still has it. ms since the epoch. */
  readonly leaseUntil: number;
}

/** Whether both are the same attempt: there is one ticket for each asking. */
export function isSame(a: PermitHolder, b: PermitHolder): boolean {
  return a.ticket === b.ticket && a.execution === b.execution;
}

/** When it asked, ms since the epoch. */
export function askedAt({ ticket }: Pick<PermitHolder, 'ticket'>): number {
  return Number(ticket.slice(0, 15));
}

export function holderOf({ execution, activation, attempt, ticket, state }: PermitHolder): PermitHolder & JsonObject {
  return { execution, activation, attempt, ticket, ...(state === undefined ? {} : { state }) };
}

/** @throws TypeError if the record is none of this engine's. */
export function readHolder(value: Json): PermitHolder {
  const { execution, activation, attempt, ticket, state } = isJsonObject(value) ? value : {};
  if (typeof execution !== 'string' || typeof ticket !== 'string') throw damaged(value);
  if (typeof activation !== 'number' || typeof attempt !== 'number') throw damaged(value);
  return { execution, activation, attempt, ticket, ...(typeof state === 'string' ? { state } : {}) };
}

/** @throws TypeError */
export function readGrant(value: Json): Grant {
  const { grantedAt, leaseUntil } = isJsonObject(value) ? value : {};
  if (typeof grantedAt !== 'number' || typeof leaseUntil !== 'number') throw damaged(value);
  return { ...readHolder(value), grantedAt, leaseUntil };
}

function damaged(value: Json): TypeError {
  return new TypeError(`Not a record of a resource pool: ${JSON.stringify(value).slice(0, 200)}`);
}
