import { isDeepStrictEqual } from 'node:util';
import { openSqlite } from '../../lib/adapters/sqlite/index.ts';
import { SystemIds } from '../../lib/adapters/system/index.ts';
import { compileStored } from '../../lib/execution/definitions.ts';
import { outsideTasks } from '../../lib/execution/outside-work.ts';
import { WorkflowRegistry } from '../../lib/execution/workflows.ts';
import type { ExecutionEvent } from '../../lib/model/event.ts';
import { evolve } from '../../lib/model/evolve.ts';
import type { Plan } from '../../lib/model/plan.ts';
import type { ExecutionState } from '../../lib/model/state.ts';
import type { ExecutionIndex } from '../../lib/ports/execution-index.ts';
import { StateManager } from '../../lib/state/state-manager.ts';

/**
 * Reads the logs that an engine has left in its data folder, and says of each execution, by its name, what is wrong with
 * its log: replayed from the beginning, event by event, it must give the same open work as was seen through the API
 * (`open`: task tokens by execution name), withdrawn work must not end, and no token may come from, or go to, nowhere.
 */
export async function checkLogs(
  dataDir: string,
  open: ReadonlyMap<string, readonly string[]>,
): Promise<ReadonlyMap<string, string>> {
  const stores = await openSqlite(dataDir);
  try {
    const workflows = new WorkflowRegistry(stores.keyValues, compileStored);
    const planOf = workflows.plan.bind(workflows);
    const states = new StateManager({ store: stores.events, planOf, ids: new SystemIds(), exclusive: true });
    const wrong = new Map<string, string>();
    for await (const execution of executionsIn(stores.index)) {
      const name = execution.split(':').at(-1) ?? '';
      const finding = await checkLog(states, execution, open.get(name));
      if (finding !== undefined) wrong.set(name, finding);
    }
    return wrong;
  } finally {
    await stores.close();
  }
}

async function* executionsIn(index: ExecutionIndex): AsyncGenerator<string> {
  let after: string | undefined;
  do {
    const page = await index.list({ limit: 1_000, ...(after === undefined ? {} : { after }) });
    for (const { execution } of page.items) yield execution;
    after = page.next;
  } while (after !== undefined);
}

/** What is wrong with the log of an execution; `undefined`: nothing. */
export async function checkLog(
  states: StateManager,
  execution: string,
  open: readonly string[] | undefined,
): Promise<string | undefined> {
  const live = await states.load(execution);
  if (live === undefined) return 'there is no log';
  const commits = await states.events(execution);
  const replay = new Replay(live.plan);
  for (const event of commits.flatMap(({ events }) => events)) replay.take(event);
  const { state } = replay;
  if (replay.finding !== undefined) return replay.finding;
  if (state === undefined) return 'the log is empty';
  if (!isDeepStrictEqual(state, live.state)) return 'the snapshot and the events since differ from the whole log';
  const tokens = outsideTasks(live.plan, state).map(({ token }) => token);
  if (open !== undefined && !isDeepStrictEqual([...tokens].sort(), [...open].sort())) {
    return `replayed, ${tokens.length} work items are open, and ${open.length} were`;
  }
  return undefined;
}

/** Folds events, and keeps account of tokens and of what has been withdrawn, without looking at the state for it. */
class Replay {
  finding: string | undefined;
  state: ExecutionState | undefined;
  readonly #plan: Plan;
  readonly #withdrawn = new Set<number>();
  #produced = 0;
  #consumed = 0;
  #withdrawnTokens = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
  }

  take(event: ExecutionEvent): void {
    const before = this.state?.tokens.size ?? 0;
    this.#account(event);
    const ended = this.#endOf(event);
    if (ended !== undefined && this.#withdrawn.has(ended))
      this.finding ??= `${event.type} of ${ended}, which was withdrawn`;
    this.state = evolve(this.#plan, this.state, event);
    // What a scope that ends leaves behind is named by no event.
    if (endsScopes(event)) this.#withdrawnTokens += before - this.state.tokens.size;
    const left = this.#produced - this.#consumed - this.#withdrawnTokens;
    if (left !== this.state.tokens.size) {
      this.finding ??= `after ${event.type}: ${this.#produced} tokens produced, ${this.#consumed} consumed, ${this.#withdrawnTokens} withdrawn, ${this.state.tokens.size} left`;
    }
  }

  #account(event: ExecutionEvent): void {
    switch (event.type) {
      case 'ExecutionStarted':
      case 'ItemStarted':
        this.#produced += 1;
        break;
      case 'BranchesStarted':
        this.#produced += this.#branchesOf(event.id);
        break;
      case 'StateExited':
        this.#produced += event.next.length;
        break;
      case 'StateEntered':
      case 'TokensAbsorbed':
        this.#consumed += event.tokens.length;
        break;
      case 'TokensJoined':
        this.#produced += 1;
        this.#consumed += event.tokens.length;
        break;
      case 'StatesWithdrawn': {
        const before = this.state?.tokens.size ?? 0;
        this.#withdrawnTokens += event.tokens.length + this.#within(event.activations, before);
        for (const id of event.activations) this.#withdrawn.add(id);
        break;
      }
      case 'OffersChanged':
        for (const id of event.withdrawn) this.#withdrawn.add(id);
        break;
      default:
        break;
    }
  }

  /** Tokens in the scopes that activations have opened, at any depth. */
  #within(activations: readonly number[], before: number): number {
    const { state } = this;
    if (state === undefined || before === 0 || activations.length === 0) return 0;
    const isInside = (scope: number): boolean => {
      const parent = state.scopes.get(scope)?.parent;
      if (parent === undefined) return false;
      if (activations.includes(parent.activation)) return true;
      const opener = state.activations.get(parent.activation);
      return opener !== undefined && isInside(opener.scope);
    };
    return [...state.tokens.values()].filter(({ scope }) => isInside(scope)).length;
  }

  #branchesOf(id: number): number {
    const active = this.state?.activations.get(id);
    const scope = active === undefined ? undefined : this.state?.scopes.get(active.scope);
    const plan = scope === undefined ? undefined : this.#plan.scopes[scope.plan]?.states.get(active?.state ?? '');
    return plan?.type === 'Parallel' ? plan.branches.length : 0;
  }

  #endOf(event: ExecutionEvent): number | undefined {
    return event.type === 'TaskSucceeded' || event.type === 'StateExited' ? event.id : undefined;
  }
}

function endsScopes({ type }: ExecutionEvent): boolean {
  return /^(ScopeSucceeded|ScopeFailed|BranchesWithdrawn|Branches(Succeeded|Failed)|Execution(Succeeded|Failed|TimedOut|Aborted))$/.test(
    type,
  );
}
