import { isJsonObject } from '../../model/json.ts';
import { payload, ruled } from './rules.ts';
import { terms } from './schema-terms.ts';

/** `Credentials`: the role that a task assumes. */
export const checkCredentials = ruled(terms.objectPayload, (value, site) => {
  if (!isJsonObject(value)) return site.invalid('Expected value of type [OBJECT]');
  const given = 'RoleArn' in value || (site.language === 'JSONPath' && 'RoleArn.$' in value);
  if (!given) return site.invalid("The field 'RoleArn' is required but was missing");
  payload(value, site);
});
