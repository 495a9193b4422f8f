import { z } from 'zod';
import { checkDefinition } from '../../lib/language/index.ts';
import { readCases, type Score, tally } from './score.ts';

const cases = z.array(
  z.object({
    source: z.string(),
    definition: z.string(),
    valid: z.boolean(),
    type: z.enum(['STANDARD', 'EXPRESS']).nullish(),
  }),
);

/** Definitions of which it is known whether they are valid. */
export function checkDefinitions(file: string): readonly Score[] {
  const results = cases.parse(readCases(file)).map(({ source, definition, valid, type }) => {
    const accepted = checkDefinition(definition, { type: type ?? 'STANDARD' }).definition !== undefined;
    return [`definitions: ${source}`, accepted === valid] as const;
  });
  return tally(results);
}
