import { z } from 'zod';
import { archive, archiveKey } from '../../api/rest/archive-schemas.ts';
import * as breakerSchemas from '../../api/rest/breaker-schemas.ts';
import * as letterSchemas from '../../api/rest/dead-letter-schemas.ts';
import * as keySchemas from '../../api/rest/key-schemas.ts';
import * as pastSchemas from '../../api/rest/past-schemas.ts';
import * as poolSchemas from '../../api/rest/pool-schemas.ts';
import { problem } from '../../api/rest/problem.ts';
import { commit, ledger, sealed } from '../../api/rest/provenance-schemas.ts';
import * as rateSchemas from '../../api/rest/rate-limit-schemas.ts';
import * as schemas from '../../api/rest/schemas.ts';
import * as searchSchemas from '../../api/rest/search-schemas.ts';
import * as workSchemas from '../../api/rest/work-item-schemas.ts';
import type { Json } from '../../model/json.ts';
import type { SearchFields } from '../../model/search.ts';
import type { Extension, Receipt } from '../../provenance/receipt.ts';
import { extension, receipt } from '../../provenance/receipt-schema.ts';
import { CommandFailed, EXIT, type ExitCode } from './exit.ts';
import { pause } from './stop-signal.ts';

export type Execution = z.output<typeof schemas.execution>;
export type ExecutionSummary = z.output<typeof schemas.executionSummary>;
export type WireEvent = z.output<typeof schemas.historyEvent>;
export type StateAt = z.output<typeof pastSchemas.stateAt>;
export type OpenWork = z.output<typeof workSchemas.openWork>;
export type WorkItem = z.output<typeof workSchemas.workItem>;
export type Participant = z.output<typeof workSchemas.participant>;
export type Archive = z.output<typeof archive>;
export type Breaker = z.output<typeof breakerSchemas.breaker>;
export type BreakerPolicy = z.output<typeof breakerSchemas.breakerPolicy>;
export type NewBreakerPolicy = z.input<typeof breakerSchemas.newBreakerPolicy>;
export type Pool = z.output<typeof poolSchemas.pool>;
export type PoolLimit = z.output<typeof poolSchemas.poolSummary>;
export type RateLimit = z.output<typeof rateSchemas.rateLimit>;
type Workflow = z.output<typeof schemas.workflow>;
type Page<T> = { readonly items: readonly T[]; readonly next?: string | undefined };

/** An execution as people name it: `order/A-1001`. */
export interface ExecutionName {
  readonly workflow: string;
  /** Its `id`: the name, or for EXPRESS `name:uuid`. */
  readonly id: string;
}

/** Times are as in ISO 8601. */
export type ExecutionSelection = z.input<typeof searchSchemas.executionFilter>;

export interface ExecutionFilter extends Omit<ExecutionSelection, 'status'> {
  readonly status?: string | undefined;
  readonly limit: number;
  readonly after?: string | undefined;
}

export interface WorkItemFilter {
  readonly assignee?: string | undefined;
  readonly candidate?: string | undefined;
  readonly limit: number;
  readonly after?: string | undefined;
}

/** Where keys of each kind are. */
export const keyPlaces = { access: '/v1/access-keys', api: '/v1/api-keys' } as const;
export type KeyPlace = (typeof keyPlaces)[keyof typeof keyPlaces];
type DeadLetter = z.output<typeof letterSchemas.deadLetter>;
type Key = z.output<typeof keySchemas.key>;

export type Fetch = (request: Request) => Promise<Response>;

const anything = z.unknown();
const executionPage = schemas.pageSchema(schemas.executionSummary);
const workItemPage = schemas.pageSchema(workSchemas.workItem);
const participantPage = schemas.pageSchema(workSchemas.participant);
const letterPage = schemas.pageSchema(letterSchemas.deadLetter);
const keyPage = schemas.pageSchema(keySchemas.key);
const poolPage = schemas.pageSchema(poolSchemas.poolSummary);
const breakerPage = schemas.pageSchema(breakerSchemas.breaker);
const ratePage = schemas.pageSchema(rateSchemas.rateLimit);
const historyPage = schemas.pageSchema(schemas.historyEvent);
const commitPage = schemas.pageSchema(commit);
const EVENTS_PER_PAGE = 1_000;
const COMMITS_PER_PAGE = 1_000;
/** Between looks at the history of a running execution, ms: soon after something happened, later when it is quiet. */
const POLL = { least: 50, most: 500 } as const;
const END = /^Execution(Succeeded|Failed|TimedOut|Aborted)$/;

/** The engine through its REST face: on a port, or in this process. */
export class EngineClient {
  readonly #base: string;
  readonly #fetch: Fetch;

  constructor(base: string, fetch: Fetch) {
    this.#base = base;
    this.#fetch = fetch;
  }

  putWorkflow(name: string, definition: string): Promise<Workflow> {
    return this.#call(schemas.workflow, 'PUT', `/v1/workflows/${encodeURIComponent(name)}`, { definition });
  }

  /** The one that the workflow has now, as text. */
  async definition(workflow: string): Promise<string> {
    const found = await this.#call(schemas.workflow, 'GET', `/v1/workflows/${encodeURIComponent(workflow)}`);
    return JSON.stringify(found.definition);
  }

  async createActivity(name: string): Promise<void> {
    await this.#call(anything, 'POST', '/v1/activities', { name });
  }

  start(workflow: string, input: Json, name?: string, search: SearchFields = {}): Promise<Execution> {
    const path = `/v1/workflows/${encodeURIComponent(workflow)}/executions`;
    return this.#call(schemas.execution, 'POST', path, { input, ...search, ...(name === undefined ? {} : { name }) });
  }

  /** @param wait seconds to wait for its end at most. */
  execution(name: ExecutionName, wait = 0): Promise<Execution> {
    return this.#call(schemas.execution, 'GET', `${pathOf(name)}?wait=${wait}`);
  }

  /** What is open in it, and what it waits for. */
  open(name: ExecutionName): Promise<OpenWork> {
    return this.#call(workSchemas.openWork, 'GET', `${pathOf(name)}/open`);
  }

  /** As it was at a moment, and what has changed since another. */
  stateAt(
    name: ExecutionName,
    query: { readonly at?: string | undefined; readonly from?: string | undefined },
  ): Promise<StateAt> {
    return this.#call(pastSchemas.stateAt, 'GET', `${pathOf(name)}/state?${queryOf(query)}`);
  }

  workItems(filter: WorkItemFilter): Promise<Page<WorkItem>> {
    return this.#call(workItemPage, 'GET', `/v1/work-items?${queryOf(filter)}`);
  }

  async workItemsOf(name: ExecutionName): Promise<readonly WorkItem[]> {
    const all = z.object({ items: z.array(workSchemas.workItem) });
    return (await this.#call(all, 'GET', `${pathOf(name)}/work-items`)).items;
  }

  startWorkItem(id: string, worker: string): Promise<WorkItem> {
    return this.#call(workSchemas.workItem, 'POST', `${itemPath(id)}/start`, { worker });
  }

  returnWorkItem(id: string, body: z.input<typeof workSchemas.returnBody>): Promise<WorkItem> {
    return this.#call(workSchemas.workItem, 'POST', `${itemPath(id)}/return`, body);
  }

  delegateWorkItem(id: string, body: z.input<typeof workSchemas.delegateBody>): Promise<WorkItem> {
    return this.#call(workSchemas.workItem, 'POST', `${itemPath(id)}/delegate`, body);
  }

  participants(limit: number, after?: string): Promise<Page<Participant>> {
    return this.#call(participantPage, 'GET', `/v1/participants?${queryOf({ limit, after })}`);
  }

  participant(id: string): Promise<Participant> {
    return this.#call(workSchemas.participant, 'GET', participantPath(id));
  }

  putParticipant(id: string, body: z.input<typeof workSchemas.newParticipant>): Promise<Participant> {
    return this.#call(workSchemas.participant, 'PUT', participantPath(id), body);
  }

  async deleteParticipant(id: string): Promise<void> {
    await this.#call(anything, 'DELETE', participantPath(id));
  }

  async endWorkItem(how: 'complete' | 'fail', id: string, body: object): Promise<void> {
    await this.#call(anything, 'POST', `${itemPath(id)}/${how}`, body);
  }

  sendEvent(
    name: ExecutionName,
    event: z.input<typeof workSchemas.newEvent>,
  ): Promise<z.output<typeof workSchemas.sentEvent>> {
    return this.#call(workSchemas.sentEvent, 'POST', `${pathOf(name)}/events`, event);
  }

  addItems(
    name: ExecutionName,
    items: z.input<typeof workSchemas.newItems>,
  ): Promise<z.output<typeof workSchemas.addedItems>> {
    return this.#call(workSchemas.addedItems, 'POST', `${pathOf(name)}/items`, items);
  }

  createKey(place: KeyPlace, key: z.input<typeof keySchemas.newKey>): Promise<z.output<typeof keySchemas.madeKey>> {
    return this.#call(keySchemas.madeKey, 'POST', place, key);
  }

  keys(place: KeyPlace, limit: number, after: string | undefined): Promise<Page<Key>> {
    const from = after === undefined ? '' : `&after=${encodeURIComponent(after)}`;
    return this.#call(keyPage, 'GET', `${place}?limit=${limit}${from}`);
  }

  deadLetters(limit: number, after: string | undefined): Promise<Page<DeadLetter>> {
    const from = after === undefined ? '' : `&after=${encodeURIComponent(after)}`;
    return this.#call(letterPage, 'GET', `/v1/dead-letters?limit=${limit}${from}`);
  }

  /** @param executions ARNs; absent: as many of all as one request takes. */
  redriveDeadLetters(
    executions: readonly string[] | undefined,
  ): Promise<z.output<typeof letterSchemas.redrivenLetters>> {
    const body = executions === undefined ? {} : { executions };
    return this.#call(letterSchemas.redrivenLetters, 'POST', '/v1/dead-letters/redrive', body);
  }

  async deleteDeadLetter(execution: string): Promise<void> {
    await this.#call(anything, 'DELETE', `/v1/dead-letters/${encodeURIComponent(execution)}`);
  }

  async revokeKey(place: KeyPlace, id: string): Promise<void> {
    await this.#call(anything, 'DELETE', `${place}/${encodeURIComponent(id)}`);
  }

  breakers(limit: number, after: string | undefined): Promise<Page<Breaker>> {
    const from = after === undefined ? '' : `&after=${encodeURIComponent(after)}`;
    return this.#call(breakerPage, 'GET', `/v1/breakers?limit=${limit}${from}`);
  }

  breaker(target: string): Promise<Breaker> {
    return this.#call(breakerSchemas.breaker, 'GET', breakerPath(target));
  }

  setBreakerPolicy(target: string, policy: NewBreakerPolicy): Promise<BreakerPolicy> {
    return this.#call(breakerSchemas.breakerPolicy, 'PUT', `${breakerPath(target)}/policy`, policy);
  }

  async unsetBreakerPolicy(target: string): Promise<void> {
    await this.#call(anything, 'DELETE', `${breakerPath(target)}/policy`);
  }

  orderBreaker(order: 'open' | 'close' | 'reset', target: string): Promise<Breaker> {
    return this.#call(breakerSchemas.breaker, 'POST', `${breakerPath(target)}/${order}`);
  }

  pools(limit: number, after?: string): Promise<Page<PoolLimit>> {
    return this.#call(poolPage, 'GET', `/v1/pools?${queryOf({ limit, after })}`);
  }

  /** With the first of those who wait. */
  pool(name: string): Promise<Pool> {
    return this.#call(poolSchemas.pool, 'GET', poolPath(name));
  }

  setPool(name: string, limit: number): Promise<PoolLimit> {
    return this.#call(poolSchemas.poolSummary, 'PUT', poolPath(name), { limit });
  }

  async removePool(name: string): Promise<void> {
    await this.#call(anything, 'DELETE', poolPath(name));
  }

  rateLimits(limit: number, after?: string): Promise<Page<RateLimit>> {
    return this.#call(ratePage, 'GET', `/v1/rate-limits?${queryOf({ limit, after })}`);
  }

  rateLimit(name: string): Promise<RateLimit> {
    return this.#call(rateSchemas.rateLimit, 'GET', ratePath(name));
  }

  setRateLimit(name: string, limit: z.input<typeof rateSchemas.newRateLimit>): Promise<RateLimit> {
    return this.#call(rateSchemas.rateLimit, 'PUT', ratePath(name), limit);
  }

  async removeRateLimit(name: string): Promise<void> {
    await this.#call(anything, 'DELETE', ratePath(name));
  }

  /** With what proves them. */
  async *commits(name: ExecutionName): AsyncGenerator<z.output<typeof commit>, void, undefined> {
    let after: string | undefined;
    do {
      const page: Page<z.output<typeof commit>> = await this.#call(
        commitPage,
        'GET',
        `${pathOf(name)}/commits?${queryOf({ limit: COMMITS_PER_PAGE, after })}`,
      );
      yield* page.items;
      after = page.next;
    } while (after !== undefined);
  }

  async erasePayloads(name: ExecutionName): Promise<void> {
    await this.#call(anything, 'DELETE', `${pathOf(name)}/payloads`);
  }

  archive(name: ExecutionName): Promise<Archive> {
    return this.#call(archive, 'GET', `${pathOf(name)}/archive`);
  }

  archiveKey(name: ExecutionName): Promise<z.output<typeof archiveKey>> {
    return this.#call(archiveKey, 'GET', `${pathOf(name)}/archive/key`);
  }

  async setLegalHold(name: ExecutionName, isHeld: boolean): Promise<void> {
    await this.#call(anything, isHeld ? 'PUT' : 'DELETE', `${pathOf(name)}/legal-hold`);
  }

  receipt(name: ExecutionName): Promise<Receipt> {
    return this.#call(receipt, 'GET', `${pathOf(name)}/receipt`);
  }

  ledger(): Promise<z.output<typeof ledger>> {
    return this.#call(ledger, 'GET', '/v1/ledger');
  }

  /** From how it was with so many periods, to how it is. */
  ledgerExtension(periods: number): Promise<Extension> {
    return this.#call(extension, 'GET', `/v1/ledger/extensions/${periods}`);
  }

  sealLedger(): Promise<z.output<typeof sealed>> {
    return this.#call(sealed, 'POST', '/v1/ledger/seal');
  }

  suspend(name: ExecutionName, body: z.input<typeof schemas.suspendBody>): Promise<Execution> {
    return this.#call(schemas.execution, 'POST', `${pathOf(name)}/suspend`, body);
  }

  resume(name: ExecutionName): Promise<Execution> {
    return this.#call(schemas.execution, 'POST', `${pathOf(name)}/resume`);
  }

  redrive(name: ExecutionName, body: z.input<typeof schemas.redriveBody>): Promise<Execution> {
    return this.#call(schemas.execution, 'POST', `${pathOf(name)}/redrive`, body);
  }

  fork(name: ExecutionName, body: z.input<typeof pastSchemas.forkBody>): Promise<Execution> {
    return this.#call(schemas.execution, 'POST', `${pathOf(name)}/fork`, body);
  }

  async migrate(name: ExecutionName, body: z.input<typeof schemas.migrateBody>): Promise<string> {
    return (await this.#call(schemas.migrated, 'POST', `${pathOf(name)}/migrate`, body)).outcome;
  }

  executions(filter: ExecutionFilter): Promise<Page<ExecutionSummary>> {
    return this.#call(executionPage, 'GET', `/v1/executions?${queryOf(filter)}`);
  }

  countExecutions(filter: Omit<ExecutionFilter, 'limit' | 'after'>): Promise<z.output<typeof searchSchemas.counts>> {
    return this.#call(searchSchemas.counts, 'GET', `/v1/executions/count?${queryOf(filter)}`);
  }

  /** Of a part of the log; the rest is behind `next`. */
  rebuildLists(after?: string): Promise<z.output<typeof searchSchemas.rebuilt>> {
    return this.#call(searchSchemas.rebuilt, 'POST', '/v1/executions/rebuild', after === undefined ? {} : { after });
  }

  /** The events so far. */
  async *history(name: ExecutionName): AsyncGenerator<WireEvent, void, undefined> {
    let after: string | undefined;
    do {
      const page = await this.#historyPage(name, after);
      yield* page.items;
      after = page.next;
    } while (after !== undefined);
  }

  /**
   * The events as they come, to the end of the execution, or until the signal aborts; `undefined` each time that
   * nothing has happened for a while.
   */
  async *follow(name: ExecutionName, signal: AbortSignal): AsyncGenerator<WireEvent | undefined, void, undefined> {
    let after: string | undefined;
    let last = 0;
    let quiet: number = POLL.least;
    let isStill = false;
    while (!signal.aborted) {
      const page = await this.#historyPage(name, after);
      // The last page so far has no successor: it is read again until it has.
      const fresh = page.items.filter(({ id }) => id > last);
      yield* fresh;
      last = fresh.at(-1)?.id ?? last;
      if (END.test(fresh.at(-1)?.type ?? '')) return;
      after = page.next ?? after;
      if (fresh.length > 0) isStill = false;
      else if (quiet === POLL.most && !isStill) {
        isStill = true;
        yield undefined;
      }
      quiet = fresh.length > 0 ? POLL.least : Math.min(quiet * 1.5, POLL.most);
      if (page.next === undefined) await pause(quiet, signal);
    }
  }

  #historyPage(name: ExecutionName, after: string | undefined): Promise<Page<WireEvent>> {
    const from = after === undefined ? '' : `&after=${encodeURIComponent(after)}`;
    return this.#call(historyPage, 'GET', `${pathOf(name)}/history?limit=${EVENTS_PER_PAGE}${from}`);
  }

  async #call<S extends z.ZodType>(schema: S, method: string, path: string, body?: object): Promise<z.output<S>> {
    const headers = { 'content-type': 'application/json' };
    const content = body === undefined ? {} : { headers, body: JSON.stringify(body) };
    const response = await this.#send(new Request(`${this.#base}${path}`, { method, ...content }));
    const answer: unknown = await response.json().catch(() => undefined);
    if (!response.ok) throw refusal(response.status, answer);
    const read = schema.safeParse(answer);
    if (read.success) return read.data;
    throw new CommandFailed(
      'Knhk.AnswerNotUnderstood',
      `What answers at ${this.#base} is no KNHK server of this version.`,
    );
  }

  async #send(request: Request): Promise<Response> {
    try {
      return await this.#fetch(request);
    } catch {
      throw unreachable(this.#base);
    }
  }
}

function queryOf(filter: Readonly<Record<string, unknown>> | ExecutionFilter | WorkItemFilter): URLSearchParams {
  const query = Object.entries(filter).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, String(value)] satisfies [string, string]],
  );
  return new URLSearchParams(query);
}

function breakerPath(target: string): string {
  return `/v1/breakers/${encodeURIComponent(target)}`;
}

function poolPath(name: string): string {
  return `/v1/pools/${encodeURIComponent(name)}`;
}

function ratePath(name: string): string {
  return `/v1/rate-limits/${encodeURIComponent(name)}`;
}

function participantPath(id: string): string {
  return `/v1/participants/${encodeURIComponent(id)}`;
}

function itemPath(id: string): string {
  return `/v1/work-items/${encodeURIComponent(id)}`;
}

function pathOf({ workflow, id }: ExecutionName): string {
  return `/v1/workflows/${encodeURIComponent(workflow)}/executions/${encodeURIComponent(id)}`;
}

function refusal(status: number, answer: unknown): CommandFailed {
  const read = problem.safeParse(answer);
  if (!read.success) return new CommandFailed('Knhk.AnswerNotUnderstood', `The server answered with status ${status}.`);
  const { code, detail } = read.data;
  // Here that is said in a variable, not in a header.
  const isKeyless = code === 'Knhk.CredentialsMissing';
  const what = isKeyless ? 'Set KNHK_API_KEY to an API key: the server asks who calls.' : detail;
  return new CommandFailed(code, what, exitCodeOf(read.data));
}

function exitCodeOf({ status, code }: z.output<typeof problem>): ExitCode {
  if (status === 404) return EXIT.notFound;
  return code === 'Knhk.DefinitionInvalid' ? EXIT.failed : EXIT.error;
}

export function unreachable(url: string): CommandFailed {
  const message = `No server answers at ${url}: start one with 'knhk serve', or name another with --url.`;
  return new CommandFailed('Knhk.Unreachable', message, EXIT.unreachable);
}

/** ms. Where nobody listens that shows at once; a server that computes may let wait. */
const PATIENCE = 10_000;

/** Whether a KNHK server answers there, and is ready. */
export async function isServing(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health`, { signal: AbortSignal.timeout(PATIENCE) });
    const answer = z.object({ status: z.literal('ok') }).safeParse(await response.json());
    return response.ok && answer.success;
  } catch {
    return false;
  }
}
