import * as z from 'zod';
import { BREAKER_BOUNDS, MAX_IGNORED_ERRORS, type NumberBounds } from '../../resilience/breaker-policy.ts';

function bounded({ least, most, isInteger }: NumberBounds): z.ZodNumber {
  return isInteger ? z.int().min(least).max(most) : z.number().gt(least).max(most);
}

const ratio = 'A part of the calls in the window, above 0, at most 1.';

const fields = {
  enabled: z.boolean().meta({ description: 'false: the target has no breaker, also where one applies to all.' }),
  failureRatio: bounded(BREAKER_BOUNDS.failureRatio).meta({ description: `It opens when so many fail. ${ratio}` }),
  minimumCalls: bounded(BREAKER_BOUNDS.minimumCalls).meta({ description: 'Fewer calls in the window say nothing.' }),
  windowSeconds: bounded(BREAKER_BOUNDS.windowSeconds).meta({ description: 'How far back calls count.' }),
  slowCallSeconds: bounded(BREAKER_BOUNDS.slowCallSeconds)
    .optional()
    .meta({ description: 'A call that takes longer is slow. Absent: none is.' }),
  slowRatio: bounded(BREAKER_BOUNDS.slowRatio).meta({ description: `It opens when so many are slow. ${ratio}` }),
  openSeconds: bounded(BREAKER_BOUNDS.openSeconds).meta({ description: 'How long no call is made.' }),
  probes: bounded(BREAKER_BOUNDS.probes).meta({ description: 'Calls at the same time that try it while half open.' }),
  probeSeconds: bounded(BREAKER_BOUNDS.probeSeconds).meta({
    description: 'Such a call that has not ended after this long gives its place to another one.',
  }),
  successesToClose: bounded(BREAKER_BOUNDS.successesToClose).meta({ description: 'So many of them close it.' }),
  whenOpen: z.enum(['fail', 'park']).meta({
    description: 'Tasks fail with Knhk.CircuitOpen, or stay scheduled until it has closed.',
  }),
  ignoreErrors: z
    .array(z.string().min(1))
    .max(MAX_IGNORED_ERRORS)
    .meta({ description: 'Errors that say nothing bad about the target; * at the end stands for any rest.' }),
};

export const breakerPolicy = z.object(fields).meta({ id: 'BreakerPolicy' });

/** What is left out has its default. */
export const newBreakerPolicy = z.object(fields).partial();

const time = z.iso.datetime();

const transition = z
  .object({ at: time, to: z.enum(['closed', 'open', 'halfOpen']), why: z.string() })
  .meta({ id: 'BreakerTransition' });

export const breaker = z
  .object({
    target: z.string(),
    state: z.enum(['closed', 'open', 'halfOpen']),
    since: time.optional().meta({ description: 'Absent: it has always been closed.' }),
    until: time.optional().meta({ description: 'Of an open one. Absent: until an operator closes it.' }),
    held: z.boolean().meta({ description: 'An operator wants it so, whatever becomes of calls.' }),
    calls: z.int().meta({ description: 'In the window, as far as processes have told of them.' }),
    failures: z.int(),
    slow: z.int(),
    probesUnderWay: z.int(),
    successes: z.int().meta({ description: 'Of calls that tried it since it is half open.' }),
    transitions: z.array(transition).meta({ description: 'The last 20, the newest first.' }),
    policy: breakerPolicy.optional().meta({ description: 'Absent: none applies, calls are not watched.' }),
  })
  .meta({ id: 'Breaker' });
