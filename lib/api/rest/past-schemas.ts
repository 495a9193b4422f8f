import * as z from 'zod';
import { definition, json, status } from './schemas.ts';
import { openWork } from './work-item-schemas.ts';

const time = z.iso.datetime();
const within = z
  .string()
  .optional()
  .meta({ description: '`Fan[0]`: the first branch or item of `Fan`; absent at the top level.' });
const visit = z.object({ activation: z.int(), state: z.string(), within });
const moment = {
  at: time.meta({ description: 'When the last thing in it happened.' }),
  commit: z.int().min(0).meta({ description: 'The last commit of which something is in it.' }),
  event: z.int().min(0).meta({ description: 'The last event of the history that is in it.' }),
};

const syntax =
  'the number of an event of its history (`12`), a commit (`commit:3`), or a time (`2026-11-23T10:15:00Z`)';
export const momentQuery = z.object({
  at: z
    .string()
    .max(64)
    .optional()
    .meta({ description: `The moment: ${syntax}; absent: now.` }),
  from: z
    .string()
    .max(64)
    .optional()
    .meta({ description: 'An earlier moment, named alike: what has changed since is told as well.' }),
});

export const stateAt = z
  .object({
    ...moment,
    status,
    revision: z.string().meta({ description: 'Of the definition by which it ran.' }),
    input: json,
    output: json.optional(),
    error: z.string().optional(),
    cause: z.string().optional(),
    variables: z.array(z.object({ within, values: z.record(z.string(), json) })),
    open: openWork,
    changes: z
      .object({
        from: z.object(moment),
        entered: z.array(visit).meta({ description: 'States that were entered since, and are open.' }),
        left: z.array(visit).meta({ description: 'States that were open then, and are not any more.' }),
        variables: z.array(
          z.object({
            name: z.string(),
            within,
            before: json.optional().meta({ description: 'Absent: it was not there.' }),
            after: json.optional().meta({ description: 'Absent: it is not there any more.' }),
          }),
        ),
      })
      .optional(),
  })
  .meta({ id: 'StateAt' });

export const forkBody = z.object({
  at: z
    .string()
    .max(64)
    .optional()
    .meta({
      description: `The moment to go on from: ${syntax}; absent: now, or right before its end if it did not succeed.`,
    }),
  name: z.string().optional().meta({ description: 'Of the new execution; absent: a UUID.' }),
  input: json.optional().meta({ description: 'Absent: that of the other one.' }),
  variables: z.record(z.string(), json).optional().meta({ description: 'Of the top level, over those that it had.' }),
  definition: definition.optional().meta({ description: 'Go on with this one; what was open must be in it.' }),
  revision: z.enum(['latest']).optional().meta({ description: 'Go on with the definition that the workflow has now.' }),
});
