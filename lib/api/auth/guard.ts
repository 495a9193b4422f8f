import { tenantOf } from '../../model/tenant.ts';
import type { Clock, Ids } from '../../ports/clock.ts';
import type { Page } from '../../ports/execution-index.ts';
import { ApiError } from '../errors.ts';
import type { Quota, RequestLimiter } from '../request-limiter.ts';
import type { Services } from '../services.ts';
import { type ActionName, changesSomething } from './action-names.ts';
import type { AuditEntry, AuditLog } from './audit.ts';
import { type Authenticator, authenticate, type Origin } from './authenticator.ts';
import { type Demand, isGranted } from './demand.ts';
import { may, type Principal } from './principal.ts';
import type { Scope } from './scope.ts';

/** What is asked of the engine, in whatever face. */
export interface Operation {
  /** Of the face: an `operationId`, an action of Step Functions, a method of a service. */
  readonly name: string;
  /** What it takes; none at all: it is refused to everybody. */
  readonly demands: readonly Demand[];
}

/** A caller who has been recognised, or is not asked. */
export interface Visit {
  /** `undefined`: nobody is asked who they are. */
  readonly principal: Principal | undefined;
  /** How the rate limits stand that it has counted for. */
  readonly quotas?: readonly Quota[];
  /**
   * Runs the operation with services that know the caller, so that lists hold only what the caller may see.
   * @throws ApiError `accessDenied` before anything of the operation has run.
   */
  perform<T>(services: Services, operation: Operation, run: (services: Services) => Promise<T>): Promise<T>;
}

export interface GuardParts {
  /** Asked in this order. */
  readonly authenticators: readonly Authenticator[];
  readonly audit: AuditLog;
  /** Whose scopes for keys count; absent: everybody's. */
  readonly keysFor?: Principal['kind'];
  readonly clock: Clock;
  readonly ids: Ids;
}

const EVERYTHING: readonly Scope[] = [{ area: '*', verb: '*', names: '*' }];

/** Stands before all faces where authentication is on. Framework-free: from a request to a principal to an answer. */
export class Guard {
  readonly #parts: GuardParts;

  constructor(parts: GuardParts) {
    this.#parts = parts;
  }

  /** For `WWW-Authenticate`. */
  get challenge(): string {
    const challenges = this.#parts.authenticators.map(({ challenge }) => challenge);
    return [...new Set(challenges)].join(', ');
  }

  /** Tells who calls. @throws ApiError, see `authenticate` */
  async identify(request: Request, origin: Origin = {}): Promise<Visit> {
    const call = { requestId: origin.requestId ?? this.#parts.ids.uuid(), address: origin.address };
    try {
      const { authenticators } = this.#parts;
      const { own } = origin;
      const principal: Principal =
        own === undefined
          ? await authenticate(authenticators, request, origin)
          : { kind: 'process', ...own, scopes: EVERYTHING };
      return {
        principal,
        perform: (services, operation, run) => this.#perform(services, { ...call, principal }, operation, run),
      };
    } catch (error) {
      this.#record(call, { name: askedFor(request), demands: [] }, endOf(error));
      throw error;
    }
  }

  async #perform<T>(
    services: Services,
    call: Call & { readonly principal: Principal },
    operation: Operation,
    run: (services: Services) => Promise<T>,
  ): Promise<T> {
    const { principal } = call;
    const { demands } = operation;
    try {
      const missing = demands.find((demand) => this.#isKept(principal, demand) || !isGranted(principal, demand));
      if (missing !== undefined || demands.length === 0) throw accessDenied(principal, operation, missing);
      const answer = await run({ ...services, caller: principal });
      if (demands.some(({ action }) => changesSomething(action))) {
        this.#record(call, operation, { outcome: 'done', ...resultOf(answer) });
      }
      return answer;
    } catch (error) {
      const isDenied = error instanceof ApiError && error.reason === 'accessDenied';
      if (isDenied || demands.some(({ action }) => changesSomething(action))) {
        this.#record(call, operation, endOf(error));
      }
      throw error;
    }
  }

  /** Whether others than those who may have keys ask for one, whatever way the request came. */
  #isKept({ kind }: Principal, { action }: Demand): boolean {
    const { keysFor = kind } = this.#parts;
    return action.startsWith('keys:') && kind !== keysFor;
  }

  #record(
    { requestId, address, principal }: Call,
    { name, demands }: Operation,
    end: Pick<AuditEntry, 'outcome' | 'code' | 'result'>,
  ): void {
    this.#parts.audit.record({
      at: this.#parts.clock.now(),
      requestId,
      ...(principal === undefined ? {} : { principal: identityOf(principal) }),
      ...(principal?.tenant === undefined ? {} : { tenant: principal.tenant }),
      ...(address === undefined ? {} : { address }),
      operation: name,
      actions: demands.map(({ action }) => action),
      objects: [...new Set(demands.flatMap(objectsOf))],
      ...end,
    });
  }
}

interface Call {
  readonly requestId: string;
  readonly address: string | undefined;
  readonly principal?: Principal;
}

/** Where authentication is off: everybody may do everything, and nothing is recorded. */
const open: Visit = { principal: undefined, perform: (services, _operation, run) => run(services) };

/** Who calls, where anybody is asked. @throws ApiError, see `Guard.identify` */
export async function identify({ guard, limiter }: Services, request: Request, origin?: Origin): Promise<Visit> {
  const visit = guard === undefined ? open : await guard.identify(request, origin);
  return limiter === undefined ? visit : new LimitedVisit(visit, limiter);
}

/** A caller whose requests count, also those that are then denied: nothing is found out by trying. */
class LimitedVisit implements Visit {
  readonly principal: Principal | undefined;
  quotas: readonly Quota[] = [];
  readonly #visit: Visit;
  readonly #limiter: RequestLimiter;

  constructor(visit: Visit, limiter: RequestLimiter) {
    this.principal = visit.principal;
    this.#visit = visit;
    this.#limiter = limiter;
  }

  /** @throws RateExceeded beside what the visit throws */
  async perform<T>(services: Services, operation: Operation, run: (services: Services) => Promise<T>): Promise<T> {
    const tenant = this.principal?.tenant ?? tenantAmong(operation.demands);
    this.quotas = await this.#limiter.admit(this.principal, tenant);
    return this.#visit.perform(services, operation, run);
  }
}

/** The tenant of what the request is about, as far as the request itself tells. */
function tenantAmong(demands: readonly Demand[]): string | undefined {
  for (const { on } of demands) {
    const tenant = typeof on === 'object' ? tenantOf(on.name) : undefined;
    if (tenant !== undefined) return tenant;
  }
  return undefined;
}

/** A page without what the caller may not see: it may be short, or empty, although another one follows. */
export function visiblePage<T>(
  { caller }: Services,
  action: ActionName,
  page: Page<T>,
  nameOf: (item: T) => string,
): Page<T> {
  if (caller === undefined) return page;
  return { ...page, items: page.items.filter((item) => may(caller, action, nameOf(item))) };
}

function accessDenied(principal: Principal, { name }: Operation, missing: Demand | undefined): ApiError {
  const action = missing?.action ?? name;
  const on = missing === undefined || missing.on === 'some' ? '' : ` on ${objectOf(missing)}`;
  const where = principal.tenant === undefined ? '' : ` within the tenant "${principal.tenant}"`;
  const message = `Ask for the scope ${action}: ${principal.kind} ${principal.subject} may not do that${on}${where}.`;
  return new ApiError('accessDenied', action, message);
}

function objectOf({ on }: Demand): string {
  return typeof on === 'object' ? `"${on.name}"` : 'everything';
}

function objectsOf({ on, about }: Demand): readonly string[] {
  if (typeof on === 'object') return [on.name];
  return about === undefined ? [] : [about];
}

function identityOf({ kind, subject, name, issuer }: Principal): NonNullable<AuditEntry['principal']> {
  return { kind, subject, ...(name === undefined ? {} : { name }), ...(issuer === undefined ? {} : { issuer }) };
}

function endOf(error: unknown): Pick<AuditEntry, 'outcome' | 'code'> {
  return error instanceof ApiError ? { outcome: 'refused', code: error.code } : { outcome: 'failed' };
}

/** Of a request that got no further, as in `GET /v1/tasks`: what follows may be a task token. */
function askedFor({ method, url }: Request): string {
  return `${method} ${new URL(url).pathname.split('/').slice(0, 3).join('/')}`;
}

/** The ARN or path of what was made, where the answer says so. */
function resultOf(answer: unknown): Pick<AuditEntry, 'result'> {
  if (typeof answer !== 'object' || answer === null) return {};
  // Asserted: what is looked for may be there or not.
  const { executionArn, headers } = answer as { executionArn?: unknown; headers?: { location?: unknown } };
  const result = executionArn ?? headers?.location;
  return typeof result === 'string' ? { result } : {};
}
