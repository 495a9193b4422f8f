import { parseTimestamp } from '../jsonpath/timestamp.ts';
import type { Rule } from './rules.ts';

export const checkTimestamp: Rule = (value, site) => {
  if (typeof value !== 'string') return site.invalid('Expected value of type [STRING]');
  if (parseTimestamp(value) === undefined) {
    site.invalid('Value is not a valid ISO-8601 extended offset date-time format string');
  }
};
