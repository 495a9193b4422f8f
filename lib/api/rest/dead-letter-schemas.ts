import * as z from 'zod';

const arn = z.string().min(1).max(1_000);

/** An execution that was given up. */
export const deadLetter = z
  .object({
    execution: z.string().meta({ description: 'Its ARN.' }),
    since: z.iso.datetime().meta({ description: 'When it was given up first, without having got on since.' }),
    at: z.iso.datetime().meta({ description: 'When it was given up last.' }),
    failures: z.number().int().meta({ description: 'Turns that failed because of the engine itself.' }),
    error: z.object({ code: z.string(), message: z.string() }).meta({ description: 'What the last one failed with.' }),
  })
  .meta({ id: 'DeadLetter' });

export const redriveLetters = z.object({
  executions: z.array(arn).min(1).max(200).optional().meta({ description: 'ARNs; all where absent.' }),
});

export const redrivenLetters = z.object({
  redriven: z.array(z.string()).meta({ description: 'ARNs of the executions whose messages were sent anew.' }),
  more: z.boolean().meta({ description: 'There are others: ask again.' }),
});
