import type { TaskCommand } from '../model/command.ts';
import type { Effect } from '../model/effect.ts';
import { isOutstanding, outstanding } from '../model/effects.ts';
import type { LiveExecution } from '../state/state-manager.ts';
import { attemptKey } from './flights.ts';

/**
 * When the jobs of an execution are asked next whether they have ended, and when tasks that were held back may be called
 * again. Not on record: an execution that is loaded anew asks at once, and is told when to ask again. So a question costs
 * a message and the call, and no write.
 */
export class Questions {
  readonly #live: LiveExecution;

  constructor(live: LiveExecution) {
    this.#live = live;
  }

  /** @param at ms since the epoch. */
  askAt({ activation, attempt }: Pick<TaskCommand, 'activation' | 'attempt'>, at: number): void {
    this.#live.questions ??= new Map();
    this.#live.questions.set(attemptKey({ activation, attempt }), { activation, attempt, at });
  }

  /** Whether it is too early to carry the effect out. */
  isEarly(effect: Effect, now: number): boolean {
    if (effect.type !== 'InvokeTask') return false;
    const question = this.#live.questions?.get(attemptKey(effect.task));
    return question !== undefined && question.at > now;
  }

  /** When the next one is due, ms since the epoch. */
  next(): number | undefined {
    const { questions, plan, state } = this.#live;
    let next: number | undefined;
    for (const [key, question] of questions ?? []) {
      if (state.status !== 'RUNNING' || !isOutstanding(plan, state, question)) questions?.delete(key);
      else if (next === undefined || question.at < next) next = question.at;
    }
    return next;
  }

  /** Takes the questions that are due. */
  take(now: number): readonly Effect[] {
    const next = this.next();
    if (next === undefined || next > now) return [];
    const { questions, plan, state } = this.#live;
    const taken = outstanding(plan, state).filter((effect) => {
      if (effect.type !== 'InvokeTask' || this.isEarly(effect, now)) return false;
      return questions?.delete(attemptKey(effect.task)) === true;
    });
    // What is suspended is called once it is resumed, which loads it anew.
    for (const [key, { at }] of questions ?? []) if (at <= now) questions?.delete(key);
    return taken;
  }
}
