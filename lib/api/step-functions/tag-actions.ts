import * as z from 'zod';
import { addTags, listTags, removeTags } from '../use-cases/tags.ts';
import { action } from './action.ts';
import { arn, tags, text } from './parameters.ts';

const TagResource = action(z.object({ resourceArn: arn, tags }), async (services, parameters) => {
  await addTags(services, parameters.resourceArn, parameters.tags);
  return {};
});

const UntagResource = action(
  z.object({ resourceArn: arn, tagKeys: z.array(text(1, 128)) }),
  async (services, { resourceArn, tagKeys }) => {
    await removeTags(services, resourceArn, tagKeys);
    return {};
  },
);

const ListTagsForResource = action(z.object({ resourceArn: arn }), async (services, { resourceArn }) => ({
  tags: await listTags(services, resourceArn),
}));

export const tagActions = {
  TagResource,
  UntagResource,
  ListTagsForResource,
} as const;
