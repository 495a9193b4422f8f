import * as z from 'zod';
import { type Pattern, patterns } from '../../patterns/index.ts';
import { type Route, route } from './route.ts';
import * as schemas from './schemas.ts';

const pattern = z
  .object({
    number: z.int().min(1).max(43),
    id: z.string(),
    name: z.string(),
    group: z.string(),
    description: z.string(),
    shownBy: z.string().meta({ description: 'What in a definition shows that it is used.' }),
    example: z.string().meta({ description: 'Path of a definition that uses it, in the source of the engine.' }),
    page: z.string().meta({ description: 'Path of the page that explains it.' }),
  })
  .meta({ id: 'Pattern' });

export const patternRoutes: readonly Route[] = [
  route({
    method: 'get',
    path: '/v1/patterns',
    operationId: 'listPatterns',
    summary: 'List the control-flow patterns, WCP-1 to WCP-43',
    tag: 'workflows',
    replies: {
      200: { description: 'All of them, in order of number.', schema: schemas.pageSchema(pattern) },
    },
    handle: async () => ({ status: 200, body: { items: patterns.map(view) } }),
  }),
];

function view({ number, id, name, group, description, shownBy, example, page }: Pattern): z.output<typeof pattern> {
  return { number, id, name, group, description, shownBy, example, page };
}
