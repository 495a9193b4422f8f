import type { TaskAssignment } from '../../../lib/model/effect.ts';
import { isJsonObject } from '../../../lib/model/json.ts';
import type { Clock } from '../../../lib/ports/clock.ts';
import type { TaskInvoker, TaskOutcome } from '../../../lib/ports/task-invoker.ts';
import type { Dice } from './dice.ts';
import type { SimulationOptions } from './options.ts';
import type { Life } from './unreliable.ts';
import type { Witness } from './witness.ts';

const FAILURES = 0.15;
/** With circuit breakers: of so long, a quarter is an outage, in which all calls fail. */
const OUTAGES_EVERY_MS = 240_000;

export interface FunctionParts {
  readonly options: SimulationOptions;
  readonly clock: Clock;
  readonly dice: Dice;
  readonly witness: Witness;
  /** Somebody has been asked. */
  readonly answer: (token: string) => void;
}

/** Functions that take their time, fail, or ask somebody. */
export class Functions {
  readonly #parts: FunctionParts;
  #calls = 0;

  constructor(parts: FunctionParts) {
    this.#parts = parts;
  }

  /** As a process calls them. */
  in(process: string, life: Life): TaskInvoker {
    return {
      invoke: async (task, signal) => {
        if (!life.isAlive) return new Promise<never>(() => {});
        this.#calls += 1;
        const call = this.#calls;
        const ended = this.#parts.witness.called(task, call, process, life);
        const outcome = this.#outcome(task, call);
        const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
        await Promise.race([this.#work(life), aborted]);
        ended();
        signal.throwIfAborted();
        this.#parts.witness.returned(task, life);
        return outcome;
      },
    };
  }

  #outcome(task: TaskAssignment, call: number): TaskOutcome {
    const { dice, options, answer } = this.#parts;
    if (dice.chance(FAILURES) || this.#isOut) {
      return { kind: 'failed', reason: 'failed', error: 'Error', cause: `call ${call}` };
    }
    const token = isJsonObject(task.input) && isJsonObject(task.input['Payload']) ? task.input['Payload']['token'] : '';
    const bulk = options.bulk === 0 ? {} : { bulk: 'x'.repeat(options.bulk) };
    if (typeof token !== 'string' || token === '') return { kind: 'succeeded', output: { call, ...bulk } };
    answer(token);
    return { kind: 'submitted', output: { call } };
  }

  get #isOut(): boolean {
    const { clock, options } = this.#parts;
    return options.gates === 1 && clock.now() % OUTAGES_EVERY_MS < OUTAGES_EVERY_MS / 4;
  }

  #work({ clock }: Life): Promise<void> {
    const { dice } = this.#parts;
    const ms = dice.pick([0, 0, 10, 10, 1_000, 5_000, 40_000, 130_000]);
    if (ms === 0) return Promise.resolve();
    return new Promise((resolve) => {
      clock.after(dice.below(ms), resolve);
    });
  }
}
