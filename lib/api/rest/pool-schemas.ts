import * as z from 'zod';
import { MAX_LIMIT } from '../../resources/pools/slots.ts';

const time = z.iso.datetime();

const limit = z.int().min(0).max(MAX_LIMIT).meta({ description: 'Permits at the same time. 0: nobody gets one.' });

export const newPoolLimit = z.object({ limit });

export const poolSummary = z
  .object({
    name: z.string(),
    limit,
    changedAt: time.optional().meta({ description: 'Absent: the limit is that of the deployment.' }),
  })
  .meta({ id: 'PoolLimit' });

const holder = {
  execution: z.string().meta({ description: 'Its ARN.' }),
  state: z.string().optional().meta({ description: 'Absent: the execution as a whole.' }),
  askedAt: time,
};

export const pool = z
  .object({
    ...poolSummary.shape,
    inUse: z.int().meta({ description: 'More than the limit for a while after that was lowered.' }),
    holders: z.array(z.object({ ...holder, grantedAt: time, leaseUntil: time })).meta({
      description:
        'When a lease has run out, whoever waits has the log looked at: has the holder still got the permit?',
    }),
    waiters: z.array(z.object(holder)).meta({ description: 'In the order in which they will be served.' }),
    next: z.string().optional().meta({ description: 'More of them wait: give this as `after`.' }),
  })
  .meta({ id: 'Pool' });
