import { isJsonArray, isJsonObject, type JsonObject } from '../../model/json.ts';
import { compileCondition } from '../jsonpath/choice.ts';
import { comparisons } from '../jsonpath/choice-operator.ts';
import { PathSyntaxError } from '../jsonpath/errors.ts';
import { ruleTarget } from './coordination.ts';
import { objects } from './recovery.ts';
import { checkFields, type Form, flag, jsonata, orExpression, requireFields, text, variables } from './rules.ts';
import type { Site } from './site.ts';
import { suggestion } from './suggest.ts';

export const jsonataRule: Form = {
  fields: {
    Condition: { rule: orExpression(flag) },
    Next: { rule: ruleTarget },
    Output: { rule: jsonata },
    Assign: { rule: variables },
    Comment: { rule: text },
  },
  required: ['Condition', 'Next'],
};

/** What a rule in JSONPath has besides its comparison. */
export const pathRule: Form = {
  fields: { Next: { rule: ruleTarget }, Comment: { rule: text }, Assign: { rule: variables } },
  required: ['Next'],
};

export function checkChoice(state: JsonObject, site: Site): void {
  const { Choices } = state;
  if (isJsonArray(Choices) && Choices.length === 0)
    site.at('Choices').invalid("The field 'Choices' should be non-empty");
  for (const [rule, at] of objects(Choices, site.at('Choices'))) {
    if (site.language === 'JSONPath') checkPathRule(rule, at);
    else {
      checkJsonataRule(rule, at);
      if (state['Select'] === 'All' && 'Output' in rule) {
        const message = "With 'Select': 'All' several rules can match, so a rule has no 'Output': give it to the state";
        at.at('Output').invalid(message);
      }
    }
  }
}

function checkJsonataRule(rule: JsonObject, site: Site): void {
  requireFields(rule, jsonataRule.required ?? [], site);
  checkFields(rule, jsonataRule.fields, site);
}

function checkPathRule(rule: JsonObject, site: Site): void {
  requireFields(rule, pathRule.required ?? [], site);
  for (const [name, field] of Object.entries(pathRule.fields)) {
    const value = rule[name];
    if (value !== undefined) field.rule(value, site.at(name));
  }
  if (rule['Output'] !== undefined) {
    site.invalid(
      "The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' QueryLanguage",
    );
  }
  if (rule['Condition'] !== undefined) {
    site.invalid(
      "The QueryLanguage is set to 'JSONPath', but field 'Condition' is only supported for the 'JSONata' QueryLanguage",
    );
    return;
  }
  try {
    compileCondition(rule);
  } catch (error) {
    if (!(error instanceof PathSyntaxError)) throw error;
    const steps = stepsOf(error.pointer);
    site.along(steps).invalid(error.message, suggestOperator(steps.at(-1), site));
  }
  checkInnerRules(rule, site, false);
}

function suggestOperator(name: string | number | undefined, site: Site): string | undefined {
  if (typeof name !== 'string' || comparisons.has(name)) return undefined;
  return suggestion(site, name, [...comparisons.keys(), 'IsPresent', 'And', 'Or', 'Not']);
}

/** A JSON pointer into a rule as steps: what follows `And` and `Or` are indices. */
function stepsOf(pointer: string): (string | number)[] {
  const tokens = pointer.split('/').slice(1);
  return tokens.map((token, index) => {
    const inList = tokens[index - 1] === 'And' || tokens[index - 1] === 'Or';
    return inList ? Number(token) : token.replaceAll('~1', '/').replaceAll('~0', '~');
  });
}

/** Only the outermost rule has a `Next`, variables and the like. */
function checkInnerRules(rule: JsonObject, site: Site, inner: boolean): void {
  if (inner) {
    for (const name of ['Next', 'Assign']) {
      if (name in rule) site.invalid(`Field '${name}' is not supported`);
    }
  }
  for (const name of ['And', 'Or']) {
    for (const [part, at] of objects(rule[name], site.at(name))) checkInnerRules(part, at, true);
  }
  const { Not } = rule;
  if (isJsonObject(Not)) checkInnerRules(Not, site.at('Not'), true);
}
