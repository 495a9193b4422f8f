import { evolve } from '../model/evolve.ts';
import { migrate, migrationProblems } from '../model/migrate.ts';
import type { Clock } from '../ports/clock.ts';
import type { StateManager } from '../state/state-manager.ts';
import { nextRound } from './contention.ts';
import type { Revision, WorkflowRegistry } from './workflows.ts';

export interface MigrationOrder {
  /** ARN. */
  readonly execution: string;
  readonly to: Pick<Revision, 'revision' | 'roleArn'>;
}

export type MigrationOutcome =
  | { readonly kind: 'migrated' | 'closed' | 'notFound' }
  /** It runs that revision already. */
  | { readonly kind: 'same' }
  /** One sentence each. */
  | { readonly kind: 'mismatch'; readonly problems: readonly string[] };

interface MigrationParts {
  readonly states: StateManager;
  readonly workflows: WorkflowRegistry;
  readonly clock: Clock;
}

/**
 * Has an execution that runs go on with another revision, by one commit beside the turn that may be under way: that one
 * finds its next number taken, and goes on from here. Who owns its tasks stays their owner.
 */
export async function migrateExecution(parts: MigrationParts, order: MigrationOrder): Promise<MigrationOutcome> {
  const { states, workflows, clock } = parts;
  const { execution, to } = order;
  for (let round = 0; ; round = nextRound(round, execution)) {
    const live = await states.load(execution);
    if (live === undefined) return { kind: 'notFound' };
    const { state, plan: before } = live;
    if (state.status !== 'RUNNING') return { kind: 'closed' };
    const { workflow } = state.identity;
    if (workflow.revision === to.revision && workflow.roleArn === to.roleArn) return { kind: 'same' };
    const after = await workflows.plan({ id: workflow.id, revision: to.revision });
    const problems = migrationProblems({ state, before, after });
    if (problems.length > 0) return { kind: 'mismatch', problems };
    const event = migrate({ state, before, after, ...to, at: clock.now() });
    live.state = evolve(before, state, event);
    if ((await states.commitBeside(live, [event])) === 'conflict') continue;
    return { kind: 'migrated' };
  }
}
