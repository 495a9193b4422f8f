import * as z from 'zod';

/** A key without its secret. */
export const key = z
  .object({
    id: z.string(),
    name: z.string(),
    scopes: z.array(z.string()),
    tenant: z.string().optional(),
    createdAt: z.iso.datetime(),
    createdBy: z.string(),
    expiresAt: z.iso.datetime().optional(),
  })
  .meta({ id: 'Key' });

/** A key as it is shown once. */
export const madeKey = key
  .extend({ secret: z.string().meta({ description: 'Not shown again, and kept nowhere in this form.' }) })
  .meta({ id: 'MadeKey' });

export const newKey = z.object({
  name: z.string().min(1).max(80).meta({ description: 'For people.' }),
  scopes: z.array(z.string().max(200)).min(1).max(50).meta({ description: 'As in `executions:start:orders-*`.' }),
  tenant: z.string().optional().meta({ description: 'It reaches only what belongs to this tenant.' }),
  expiresAt: z.iso.datetime({ offset: true }).optional(),
});
