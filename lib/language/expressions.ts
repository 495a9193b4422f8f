import { type CompiledJsonata, compileJsonata, type EvaluateOptions } from './jsonata/index.ts';
import { type Constant, FOLDING_WORK } from './optimize/constant.ts';
import { foldJsonata } from './optimize/fold-jsonata.ts';

/** The JSONata expressions of one definition, each compiled once: by the checker, for the compiler. */
export class Expressions {
  readonly #compiled = new Map<string, CompiledJsonata>();
  readonly #constants = new Map<string, Constant | undefined>();
  /** What may still be spent on constants. */
  #left = FOLDING_WORK;

  /** Throws `JsonataSyntaxError`. */
  compile(source: string): CompiledJsonata {
    const known = this.#compiled.get(source);
    if (known !== undefined) return known;
    const compiled = compileJsonata(source);
    this.#compiled.set(source, compiled);
    return compiled;
  }

  /** What the expression always gives; `undefined`: that depends. */
  constant(source: string, hash: EvaluateOptions['hash']): Constant | undefined {
    if (this.#constants.has(source)) return this.#constants.get(source);
    const constant =
      this.#left <= 0
        ? undefined
        : foldJsonata(this.compile(source), hash, (units) => {
            this.#left -= units;
          });
    this.#constants.set(source, constant);
    return constant;
  }
}
