import * as z from 'zod';
import { ATTRIBUTE_NAME, MAX_ATTRIBUTES, MAX_SEARCH_TEXT, MAX_TAGS, type SearchFields } from '../../model/search.ts';
import { ApiError } from '../errors.ts';
import { paging, selection, status, time } from './schemas.ts';

/** What executions are found by. */

const text = z.string().min(1).max(MAX_SEARCH_TEXT);
const attributes = z
  .record(z.string().regex(ATTRIBUTE_NAME), z.union([text, z.number(), z.boolean()]))
  .refine((all) => Object.keys(all).length <= MAX_ATTRIBUTES, { error: `must have at most ${MAX_ATTRIBUTES} entries` });

/** Of an execution. */
export const searchFields = {
  businessKey: text.optional().meta({ description: 'What the execution is about: the number of an order, say.' }),
  tags: z.array(text).max(MAX_TAGS).optional(),
  attributes: attributes.optional().meta({ description: 'Texts, numbers and booleans by name.' }),
};

/** Which executions are listed or counted. */
export const executionFilter = z.object({
  workflow: z.string().optional(),
  ...selection,
  status: status.optional(),
  startedFrom: time.optional().meta({ description: 'Inclusive, as the next one.' }),
  startedTo: time.optional(),
  businessKey: text.optional(),
  tag: text.optional(),
  attributes: z.string().optional().meta({
    description:
      'A JSON object: attributes by name, all of which an execution must have. {"customer":"c-7","vip":true}',
  }),
});

export const listQuery = paging.extend(executionFilter.shape);

export const counts = z.object({
  total: z.int(),
  byStatus: z.object(Object.fromEntries(status.options.map((name) => [name, z.int()])) as Record<Status, z.ZodInt>),
  isComplete: z.boolean().meta({ description: 'false: there are more, which were not counted.' }),
});

type Status = z.output<typeof status>;

export const rebuildBody = z.object({
  after: z.string().optional().meta({ description: '`next` of the answer before; absent: from the beginning.' }),
});

export const rebuilt = z.object({
  rows: z.int().meta({ description: 'So many were looked at by this request.' }),
  next: z.string().optional().meta({ description: 'Ask again with it as `after`; absent: all is done.' }),
});

/** @throws ApiError `requestInvalid` */
export function searchIn({
  businessKey,
  tag,
  attributes: given,
}: Pick<z.output<typeof executionFilter>, 'businessKey' | 'tag' | 'attributes'>): SearchFields | undefined {
  if (businessKey === undefined && tag === undefined && given === undefined) return undefined;
  return {
    ...(businessKey === undefined ? {} : { businessKey }),
    ...(tag === undefined ? {} : { tags: [tag] }),
    ...(given === undefined ? {} : { attributes: parse(given) }),
  };
}

function parse(given: string): z.output<typeof attributes> {
  let value: unknown;
  try {
    value = JSON.parse(given);
  } catch {
    // Said below.
  }
  const parsed = attributes.safeParse(value);
  if (parsed.success) return parsed.data;
  const message = 'Give attributes as a JSON object of texts, numbers and booleans, as in {"customer":"c-7"}.';
  throw new ApiError('requestInvalid', 'attributes', message);
}
