import * as z from 'zod';

const rate = z.number().meta({ description: 'Tokens per second in the long run, 0.00001 to 1,000,000.' });
const burst = z.int().meta({ description: 'Tokens at once after a pause, 1 to 1,000,000.' });

export const rateLimit = z
  .object({
    name: z.string(),
    rate,
    burst,
    isDefault: z.boolean().meta({ description: 'It comes from the deployment, and has not been set at run time.' }),
  })
  .meta({ id: 'RateLimit' });

export const newRateLimit = z.object({
  rate,
  burst: burst.optional().meta({ description: 'By default what the rate gives in a second, at least 1.' }),
});
