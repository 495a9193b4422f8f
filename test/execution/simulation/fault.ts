/** A deliberate fault of the engine: the simulation must find it. */
export interface Fault {
  readonly name: string;
  /** What is wrong with the engine then. */
  readonly what: string;
  /** Path from the project's root. */
  readonly file: string;
  /** Text that stands there exactly once. */
  readonly text: string;
  readonly replacement: string;
}
