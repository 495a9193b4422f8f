import { type CompiledJsonata, compileJsonata } from './jsonata/index.ts';

/** The JSONata expressions of one definition, each compiled once: by the checker, for the compiler. */
export class Expressions {
  readonly #compiled = new Map<string, CompiledJsonata>();

  /** Throws `JsonataSyntaxError`. */
  compile(source: string): CompiledJsonata {
    const known = this.#compiled.get(source);
    if (known !== undefined) return known;
    const compiled = compileJsonata(source);
    this.#compiled.set(source, compiled);
    return compiled;
  }
}
