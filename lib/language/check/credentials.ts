import { isJsonObject } from '../../model/json.ts';
import { payload, ruled } from './rules.ts';
import { type Describe, terms } from './schema-terms.ts';

const schema: Describe = (language) => ({
  ...terms.objectPayload(language),
  anyOf: (language === 'JSONata' ? ['RoleArn'] : ['RoleArn', 'RoleArn.$']).map((name) => ({ required: [name] })),
});

/** `Credentials`: the role that a task assumes. */
export const checkCredentials = ruled(schema, (value, site) => {
  if (!isJsonObject(value)) return site.invalid('Expected value of type [OBJECT]');
  const given = 'RoleArn' in value || (site.language === 'JSONPath' && 'RoleArn.$' in value);
  if (!given) return site.invalid("The field 'RoleArn' is required but was missing");
  payload(value, site);
});
