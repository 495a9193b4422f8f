import { parseTimestamp } from '../jsonpath/timestamp.ts';
import { ruled } from './rules.ts';
import { form } from './schema-terms.ts';

const schema = form({
  type: 'string',
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?(Z|[+-]\\d\\d:\\d\\d)$',
});

export const checkTimestamp = ruled(schema, (value, site) => {
  if (typeof value !== 'string') return site.invalid('Expected value of type [STRING]');
  if (parseTimestamp(value) === undefined) {
    site.invalid('Value is not a valid ISO-8601 extended offset date-time format string');
  }
});
