import { isJsonArray, isJsonObject, type Json } from '../../model/json.ts';
import { looksLikeExpression } from './expression.ts';
import {
  checkFields,
  exclusive,
  type Fields,
  type Form,
  flag,
  integer,
  jsonata,
  oneOf,
  orExpression,
  type Rule,
  requireFields,
  ruled,
  text,
} from './rules.ts';
import { form, terms } from './schema-terms.ts';
import type { Site } from './site.ts';

/** The rules for what is written in the fields by which states of a net start, and act upon each other. */

const names = { type: 'array', items: { type: 'string' } } as const;

/** The name of a state, or several; `end`: what to write where a token is to go nowhere. */
function targetOr(end: string): Rule {
  return ruled(form({ anyOf: [{ type: 'string' }, { ...names, minItems: 1 }] }), (value, site) => {
    if (!isJsonArray(value)) return text(value, site);
    if (value.length > 0) return stateNames(value, site);
    site.invalid(`'${site.name}' must name at least one state; where a token is to end, use ${end}`);
  });
}

/** `Next` of a state. */
export const target = targetOr("'End': true");

/** `Next` of a rule or a catcher, and `Default`. */
export const ruleTarget = targetOr("a Pass state with 'End': true");

/** Where the tokens of a place may go: nowhere is possible. */
export const placeTarget = ruled(form({ anyOf: [{ type: 'string' }, names] }), (value, site) =>
  isJsonArray(value) ? stateNames(value, site) : text(value, site),
);

const stateNames = ruled(form(names), (value, site) => {
  if (!isJsonArray(value)) return site.invalid('Expected value of type [ARRAY]');
  for (const [index, name] of value.entries()) text(name, site.at(index));
});

const positive = orExpression(integer(1));

/** Joins without parameters. */
export const simpleJoins = ['any', 'all', 'active'];

export const countJoin: Form = {
  fields: { Count: { rule: positive }, Rest: { rule: oneOf('absorb', 'cancel') }, Cancels: { rule: stateNames } },
  required: ['Count', 'Rest'],
};

export const threadsJoin: Form = { fields: { Threads: { rule: positive } }, required: ['Threads'] };

const joinFields: Fields = { ...countJoin.fields, ...threadsJoin.fields };

const join: Rule = (value, site) => {
  if (typeof value === 'string') return oneOf(...simpleJoins)(value, site);
  if (!isJsonObject(value)) {
    return site.invalid(`Value should be one of the following: [${simpleJoins.join(', ')}], or an object`);
  }
  checkFields(value, joinFields, site);
  const { Count, Threads, Rest, Cancels } = value;
  if (Count === undefined && Threads === undefined) {
    return site.invalid("A Join that is an object must have either 'Count' or 'Threads'");
  }
  exclusive(value, ['Count', 'Threads'], site);
  if (Count !== undefined && Rest === undefined) {
    site.invalid("A Join with 'Count' must say what becomes of the other branches: 'Rest' is 'absorb' or 'cancel'");
  }
  if (Threads !== undefined && Count === undefined) exclusive(value, ['Threads', 'Rest'], site);
  if (Cancels !== undefined && Rest !== 'cancel') {
    site.at('Cancels').invalid("'Cancels' in a Join is only supported with 'Rest': 'cancel'");
  }
};

export const triggerForm: Form = {
  fields: {
    Event: {
      rule: ruled(form({ type: 'string', minLength: 1 }), (value, site) => {
        if (typeof value !== 'string') site.invalid('Expected value of type [STRING]');
        else if (value === '') site.invalid('An event must have a name');
        else if (site.language === 'JSONata' && looksLikeExpression(value)) {
          site.invalid('The name of an event must be written as it is: it cannot be an expression');
        }
      }),
    },
    Persistent: { rule: flag },
  },
  required: ['Event'],
};

const trigger: Rule = (value, site) => {
  if (typeof value === 'string') {
    return site.invalid('Expected value of type [OBJECT]', `Write {"Event": ${JSON.stringify(value)}}.`);
  }
  if (!checkObject(triggerForm, value, site)) return;
  if (site.check.type === 'EXPRESS')
    site.invalid("Express state machine does not support 'Trigger': make it a STANDARD one");
};

export const completionForm: Form = {
  fields: {
    Count: { rule: positive },
    Condition: {
      rule: ruled(form(terms.expression), (value, site) => {
        if (typeof value === 'string' && looksLikeExpression(value)) jsonata(value, site);
        else site.invalid("'Condition' must be a JSONata expression, as {% $count($states.context.Map.Results) > 1 %}");
      }),
      only: 'JSONata',
    },
  },
  any: [['Count', 'Condition']],
  exclusive: [['Count', 'Condition']],
};

export const completion: Rule = (value, site) => {
  if (!checkObject(completionForm, value, site) || !isJsonObject(value)) return;
  exclusive(value, ['Count', 'Condition'], site);
  if (!('Count' in value || 'Condition' in value)) site.invalid('One of these fields is required: [Count, Condition]');
};

/** Of each mutex its groups. */
export const mutex = ruled(
  form({
    type: 'object',
    additionalProperties: {
      type: 'array',
      minItems: 1,
      items: { anyOf: [{ type: 'string' }, { ...names, minItems: 1 }] },
    },
  }),
  (value, site) => {
    if (!isJsonObject(value)) return site.invalid('Expected value of type [OBJECT]');
    for (const [name, groups] of Object.entries(value)) checkGroups(groups, site.at(name));
  },
);

function checkGroups(groups: Json, site: Site): void {
  if (!isJsonArray(groups)) return site.invalid('Expected value of type [ARRAY]');
  if (groups.length === 0)
    site.invalid(`The mutex '${site.name}' must have groups: names of states, or lists of names`);
  for (const [index, group] of groups.entries()) {
    const at = site.at(index);
    if (!isJsonArray(group)) text(group, at);
    else if (group.length === 0) at.invalid('A group of a mutex must name at least one state');
    else stateNames(group, at);
  }
}

function checkObject({ fields, required = [] }: Form, value: Json, site: Site): boolean {
  if (!isJsonObject(value)) {
    site.invalid('Expected value of type [OBJECT]');
    return false;
  }
  requireFields(value, required, site);
  checkFields(value, fields, site);
  return true;
}

/** Pools whose names have a colon limit what belongs to them by itself: workflows, tenants, patterns, task resources. */
const POOL_NAME = '^[A-Za-z0-9_.-]{1,80}$';
const isPoolName = new RegExp(POOL_NAME);

const pool = ruled(form({ type: 'string', pattern: POOL_NAME }), (value, site) => {
  if (typeof value !== 'string') return site.invalid('Expected value of type [STRING]');
  if (isPoolName.test(value)) return;
  const advice = looksLikeExpression(value)
    ? 'write it as it is: it cannot be an expression'
    : "use 1 to 80 letters, digits, '_', '.' and '-'";
  site.invalid(`'${value}' cannot be the name of a resource pool: ${advice}`);
});

/** Fields that every state may have but a Place. */
export const coordination: Fields = {
  Join: { rule: join },
  Trigger: { rule: trigger },
  Milestone: { rule: text },
  Cancels: { rule: stateNames },
  Completes: { rule: stateNames },
  Pool: { rule: pool },
};

/** The same on a Place, where they mean nothing. */
export const notOnPlaces: Fields = Object.fromEntries(
  Object.keys(coordination).map((name) => [
    name,
    {
      rule: ruled(form({ not: {} }), (_value, site) => {
        const advice =
          'it holds tokens and starts nothing; give the field to a Pass before it, or to a state behind it';
        site.invalid(`A Place cannot have '${name}': ${advice}`);
      }),
    },
  ]),
);
