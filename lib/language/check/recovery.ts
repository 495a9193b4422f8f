import { ErrorName } from '../../model/errors.ts';
import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import { ruleTarget } from './coordination.ts';
import {
  checkFields,
  type Form,
  integer,
  jsonata,
  number,
  oneOf,
  requireFields,
  resultPath,
  ruled,
  text,
  variables,
} from './rules.ts';
import { form } from './schema-terms.ts';
import type { Site } from './site.ts';
import { suggestion } from './suggest.ts';

const MAX_DELAY_SECONDS = 31_622_400;
const MAX_ATTEMPTS = 99_999_999;

const errorNames = ruled(form({ type: 'array', minItems: 1, items: { type: 'string' } }), (value, site) => {
  if (!isJsonArray(value)) return site.invalid('Expected value of type [ARRAY]');
  if (value.length === 0) site.invalid("The field 'ErrorEquals' must name at least one error");
  for (const [index, name] of value.entries()) {
    text(name, site.at(index));
    if (
      typeof name !== 'string' ||
      !name.startsWith('States.') ||
      name.startsWith('States.Http.') ||
      errors.includes(name)
    )
      continue;
    site
      .at(index)
      .warn(
        'UNKNOWN_ERROR',
        `There is no error '${name}', so the rule never matches it`,
        suggestion(site, name, errors),
      );
  }
});

/** Names that begin with `States.` are the language's own. */
const errors: readonly string[] = [...Object.values(ErrorName), 'States.ResultWriterFailed'];

export const retrierForm: Form = {
  fields: {
    ErrorEquals: { rule: errorNames },
    IntervalSeconds: { rule: integer(1, MAX_ATTEMPTS) },
    MaxAttempts: { rule: integer(0, MAX_ATTEMPTS) },
    BackoffRate: { rule: number(1) },
    MaxDelaySeconds: { rule: integer(1, MAX_DELAY_SECONDS) },
    JitterStrategy: { rule: oneOf('FULL', 'NONE') },
    Comment: { rule: text },
  },
  required: ['ErrorEquals'],
};

export const catcherForm: Form = {
  fields: {
    ErrorEquals: { rule: errorNames },
    Next: { rule: ruleTarget },
    ResultPath: { rule: resultPath, only: 'JSONPath' },
    Output: { rule: jsonata, only: 'JSONata' },
    Assign: { rule: variables },
    Comment: { rule: text },
  },
  required: ['ErrorEquals', 'Next'],
};

export function checkRecovery(state: JsonObject, site: Site): void {
  const retriers = objects(state['Retry'], site.at('Retry'));
  for (const [retrier, at] of retriers) {
    requireFields(retrier, retrierForm.required ?? [], at);
    checkFields(retrier, retrierForm.fields, at);
    checkDelays(retrier, at);
  }
  checkWildcards(retriers);
  const catchers = objects(state['Catch'], site.at('Catch').offering('errorOutput'));
  for (const [catcher, at] of catchers) {
    requireFields(catcher, catcherForm.required ?? [], at);
    checkFields(catcher, catcherForm.fields, at);
  }
  checkWildcards(catchers);
}

/** The items of a list that are objects; what is none is reported. */
export function objects(value: Json | undefined, site: Site): [JsonObject, Site][] {
  if (!isJsonArray(value)) return [];
  const found: [JsonObject, Site][] = [];
  value.forEach((item, index) => {
    const at = site.at(index);
    if (isJsonObject(item)) found.push([item, at]);
    else at.invalid('Expected value of type [OBJECT]');
  });
  return found;
}

function checkDelays(retrier: JsonObject, site: Site): void {
  const { MaxDelaySeconds, IntervalSeconds = 1 } = retrier;
  if (typeof MaxDelaySeconds !== 'number' || typeof IntervalSeconds !== 'number') return;
  if (MaxDelaySeconds <= IntervalSeconds && IntervalSeconds > 1) {
    site.invalid('MaxDelaySeconds must be greater than IntervalSeconds');
  }
}

/** `States.ALL` stands alone in its list, and in the last rule. */
function checkWildcards(rules: readonly (readonly [JsonObject, Site])[]): void {
  rules.forEach(([rule, site], index) => {
    const names = rule['ErrorEquals'];
    if (!isJsonArray(names) || !names.includes('States.ALL')) return;
    if (names.length > 1) site.at('ErrorEquals').invalid("'States.ALL' must appear alone");
    if (index < rules.length - 1) site.at('ErrorEquals').invalid("'States.ALL' is only allowed in the last rule");
  });
}
