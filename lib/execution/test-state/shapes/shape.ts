/**
 * What the operations of a service answer with, in short: see the generator, bin/service-shapes.ts. A shape without
 * bounds stands as its letter: text, number, boolean, document.
 */
export interface ServiceShapes {
  /** Operations by name, as in `GetObject`. */
  readonly operations: Readonly<Record<string, ShapeRef>>;
  readonly shapes: readonly Shape[];
}

/** An index into `shapes`, or a shape without bounds. */
export type ShapeRef = number | 's' | 'n' | 'b' | 'd';

export type Shape =
  /** Text, also of moments and blobs: least and greatest length. */
  | readonly ['s', (number | null)?, (number | null)?]
  /** One of these texts. */
  | readonly ['e', readonly string[]]
  /** A number: least and greatest. */
  | readonly ['n', (number | null)?, (number | null)?]
  | readonly ['b']
  /** Anything. */
  | readonly ['d']
  /** A list of these: least and greatest length. */
  | readonly ['l', ShapeRef, (number | null)?, (number | null)?]
  /** An object of these under any names. */
  | readonly ['m', ShapeRef]
  /** A structure: its members, and which of them are required. */
  | readonly ['o', Readonly<Record<string, ShapeRef>>, (readonly string[])?];
