import { Budget, DECISION_WORK } from './budget.ts';
import type { Effect } from './effect.ts';
import type { Occasion } from './environment.ts';
import type { EventBody, ExecutionEvent } from './event.ts';
import { evolve } from './evolve.ts';
import { Agenda } from './net/agenda.ts';
import { hasNets } from './net/facts.ts';
import type { Plan } from './plan.ts';
import type { Activation, ActivationId, ExecutionState, Permit } from './state.ts';

/** A commit is one text, of which there are several copies while it is written: about 8 MB, unless a single value is larger. */
export const HEAVY_DECISION = 8_000_000;

/**
 * A decision in the making: the state as it will be, the events that lead there, and the work they call for.
 * Every event is applied as it is emitted, so what is decided next sees it.
 */
export class Draft {
  readonly plan: Plan;
  readonly state: ExecutionState;
  readonly occasion: Occasion;
  readonly events: ExecutionEvent[] = [];
  readonly effects: Effect[] = [];
  /** States and items that may still be started in this decision. */
  budget: number;
  /** What the expressions of this decision may still cost before the rest is left to the next. */
  readonly work = new Budget(DECISION_WORK);
  /** Size of what its expressions have made, which its events have in them; as of `sizeOf`. */
  weight = 0;
  /** What the events call for in scopes that are nets; absent: the definition has none. */
  readonly agenda?: Agenda;
  /** States that are completing: nothing that they bring about withdraws them. */
  readonly leaving = new Set<Activation>();
  /** The permits that were held and asked for before; absent: none. */
  readonly permitsBefore?: ReadonlyMap<ActivationId, Permit>;

  constructor(plan: Plan, state: ExecutionState, occasion: Occasion, budget: number) {
    this.plan = plan;
    this.state = state;
    this.occasion = occasion;
    this.budget = budget;
    if (state.permits !== undefined && state.permits.size > 0) this.permitsBefore = new Map(state.permits);
    if (hasNets(plan)) this.agenda = new Agenda(plan, state);
  }

  /** Whether nothing more is to be started in this decision. */
  get isSpent(): boolean {
    return this.budget <= 0 || this.work.left <= 0 || this.weight >= HEAVY_DECISION;
  }

  emit(body: EventBody): void {
    const event = { ...body, at: this.occasion.at };
    this.events.push(event);
    const seen = this.agenda?.before(event);
    evolve(this.plan, this.state, event);
    if (seen !== undefined) this.agenda?.after(seen);
  }

  isOpen(active: Activation): boolean {
    return this.state.activations.get(active.id) === active;
  }
}
