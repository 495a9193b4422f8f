import type { Json } from '../../model/json.ts';
import { sizeOf } from '../../model/size.ts';
import type { Clock } from '../../ports/clock.ts';
import type { PipelineStage } from './stage.ts';

/** How long a hook may take, ms: what waits for a hook must not wait for ever. */
export const HOOK_LIMIT_MS = 30_000;

/** Calls hooks of stages. However one ends, it ends: with its answer, or with a `StageFailed`. */
export class Hooks {
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @throws StageFailed where it throws, or takes too long. */
  async call<T>({ name }: PipelineStage, hook: string, call: () => T | Promise<T>): Promise<T> {
    let answer: T | Promise<T>;
    try {
      answer = call();
      if (!(answer instanceof Promise)) return answer;
      return await this.#inTime(answer);
    } catch (error) {
      throw new StageFailed(name, `Its ${hook} failed: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  /** The value as JSON carries it. @throws StageFailed where it cannot. */
  json({ name }: PipelineStage, hook: string, value: Json): Json {
    let text: string | undefined;
    try {
      text = JSON.stringify(value);
    } catch {
      // A cycle, or a number that JSON does not know.
    }
    if (text === undefined) throw new StageFailed(name, `Its ${hook} answered with what is no JSON.`);
    const copy: Json = JSON.parse(text);
    const size = sizeOf(copy);
    if (typeof size !== 'number') throw new StageFailed(name, `What its ${hook} answered is ${size}.`);
    return copy;
  }

  #inTime<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const tooLong = () => reject(new Error(`it took longer than ${HOOK_LIMIT_MS / 1000} seconds.`));
      const cancel = this.#clock.after(HOOK_LIMIT_MS, tooLong);
      answer.then(resolve, reject).finally(cancel);
    });
  }
}

/** A stage of the pipeline threw, took too long, or answered with something else than JSON. */
export class StageFailed extends Error {
  override readonly name = 'StageFailed';
  readonly code = STAGE_FAILED;
  readonly stage: string;

  constructor(stage: string, what: string) {
    super(`Look at the stage '${stage}' of the pipeline. ${what}`);
    this.stage = stage;
  }
}

export const STAGE_FAILED = 'Knhk.StageFailed';
