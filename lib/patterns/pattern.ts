/** A control-flow pattern of van der Aalst et al. (workflowpatterns.com; "A Revised View", BPM-06-22). */
export interface Pattern {
  /** 1 … 43 */
  readonly number: number;
  readonly id: PatternId;
  /** Its name in names of files. */
  readonly slug: string;
  readonly name: string;
  readonly group: PatternGroup;
  /** What it means, in one sentence. */
  readonly description: string;
  /** What in a definition shows that it is used; {@link PatternUse} goes by it. */
  readonly shownBy: string;
  readonly useWhen: string;
  /** The patterns that look alike, and what tells them apart. */
  readonly confusedWith: string;
  /** Paths within the project: of a definition that uses it, and of the page that explains it. */
  readonly example: string;
  readonly page: string;
}

export type PatternId = `WCP-${number}`;

export const patternGroups = [
  'Basic',
  'Branching and synchronization',
  'Multiple instances',
  'State-based',
  'Cancellation',
  'Iteration',
  'Termination',
  'Trigger',
] as const;

export type PatternGroup = (typeof patternGroups)[number];

/** A pattern that a definition uses, and where. */
export interface PatternUse {
  readonly id: PatternId;
  /** JSON pointers (RFC 6901) into the definition, in document order. */
  readonly pointers: readonly string[];
}

/** What a catalogue says of a pattern; the rest follows from its number, slug and group. */
export type PatternEntry = Omit<Pattern, 'id' | 'group' | 'example' | 'page'>;
