import type { StateDefinition } from '../definition.ts';
import { completion, coordination, notOnPlaces, placeTarget, ruleTarget, target } from './coordination.ts';
import { checkCredentials } from './credentials.ts';
import { looksLikeExpression } from './expression.ts';
import {
  anything,
  type Field,
  type Fields,
  type Form,
  flag,
  integer,
  jsonata,
  list,
  nullablePath,
  number,
  objectPayload,
  offering,
  oneOf,
  orExpression,
  path,
  pathOrIntrinsic,
  payload,
  type Rule,
  referencePath,
  resultPath,
  ruled,
  text,
  variables,
} from './rules.ts';
import { form, terms } from './schema-terms.ts';
import { checkTimestamp } from './timestamp.ts';

export type StateType = StateDefinition['Type'];

const MAX_SECONDS = 99_999_999;

function both(rule: Rule): Field {
  return { rule };
}

function jsonPath(rule: Rule): Field {
  return { rule, only: 'JSONPath' };
}

function onlyJsonata(rule: Rule): Field {
  return { rule, only: 'JSONata' };
}

/** Fields whose content is checked elsewhere, with what it refers to. */
const elsewhere = both(anything);

const basics: Fields = {
  Type: elsewhere,
  Comment: both(text),
  QueryLanguage: both(oneOf('JSONPath', 'JSONata')),
};

const common: Fields = { ...basics, ...coordination };

const flow: Fields = {
  ...common,
  InputPath: jsonPath(nullablePath),
  OutputPath: jsonPath(nullablePath),
  Output: onlyJsonata(jsonata),
};

const assign: Fields = { Assign: both(variables) };

const transition: Fields = { Next: both(target), End: both(flag) };

const working: Fields = {
  ...flow,
  Output: onlyJsonata(offering('result', jsonata)),
  Assign: both(offering('result', variables)),
  ...transition,
  Parameters: jsonPath(payload),
  Arguments: onlyJsonata(jsonata),
  ResultSelector: jsonPath(objectPayload),
  ResultPath: jsonPath(resultPath),
  Retry: both(list),
  Catch: both(list),
};

const duration = orExpression(integer(1, MAX_SECONDS));

const ends = [['Next', 'End']];

/** What a Wait waits for: one of these. */
export const waitingFor = ['Seconds', 'SecondsPath', 'Timestamp', 'TimestampPath'];

/** A collection, or an expression that gives one. */
const items = ruled(
  form({ anyOf: [terms.expression, { allOf: [terms.jsonata, { type: ['array', 'object'] }] }] }),
  (value, site) => {
    if (typeof value === 'string' && !looksLikeExpression(value)) site.invalid('Expected value of type [ARRAY]');
    else if (typeof value !== 'object' && typeof value !== 'string') site.invalid('Expected value of type [ARRAY]');
    else jsonata(value, site);
  },
);

/** The form of each type of state. */
export const stateForms: Readonly<Record<StateType, Form>> = {
  Pass: {
    fields: {
      ...flow,
      ...assign,
      ...transition,
      Result: jsonPath(anything),
      Parameters: jsonPath(payload),
      ResultPath: jsonPath(resultPath),
    },
    any: ends,
  },
  Task: {
    fields: {
      ...working,
      Resource: both(text),
      TimeoutSeconds: both(duration),
      TimeoutSecondsPath: jsonPath(referencePath),
      HeartbeatSeconds: both(duration),
      HeartbeatSecondsPath: jsonPath(referencePath),
      Credentials: both(checkCredentials),
      Idempotent: both(flag),
    },
    required: ['Resource'],
    any: ends,
    exclusive: [
      ['TimeoutSeconds', 'TimeoutSecondsPath'],
      ['HeartbeatSeconds', 'HeartbeatSecondsPath'],
    ],
  },
  Choice: {
    fields: { ...flow, ...assign, Choices: both(list), Default: both(ruleTarget), Select: both(oneOf('All')) },
    required: ['Choices'],
  },
  Wait: {
    fields: {
      ...flow,
      ...assign,
      ...transition,
      Seconds: both(orExpression(integer(0, MAX_SECONDS))),
      SecondsPath: jsonPath(referencePath),
      Timestamp: both(orExpression(checkTimestamp)),
      TimestampPath: jsonPath(referencePath),
    },
    any: [...ends, waitingFor],
    exclusive: [waitingFor],
  },
  Succeed: { fields: flow },
  Fail: {
    fields: {
      ...common,
      Error: both(orExpression(text)),
      ErrorPath: jsonPath(pathOrIntrinsic),
      Cause: both(orExpression(text)),
      CausePath: jsonPath(pathOrIntrinsic),
    },
    exclusive: [
      ['Error', 'ErrorPath'],
      ['Cause', 'CausePath'],
    ],
  },
  Parallel: { fields: { ...working, Branches: both(list) }, required: ['Branches'], any: ends },
  Map: {
    fields: {
      ...working,
      ItemProcessor: elsewhere,
      Iterator: elsewhere,
      Items: onlyJsonata(items),
      ItemsPath: jsonPath(path),
      ItemSelector: both(objectPayload),
      ItemReader: elsewhere,
      ItemBatcher: elsewhere,
      ResultWriter: elsewhere,
      MaxConcurrency: both(orExpression(integer(0))),
      MaxConcurrencyPath: jsonPath(referencePath),
      ToleratedFailureCount: both(orExpression(integer(0))),
      ToleratedFailureCountPath: jsonPath(referencePath),
      ToleratedFailurePercentage: both(orExpression(number(0, 100))),
      ToleratedFailurePercentagePath: jsonPath(referencePath),
      Label: elsewhere,
      Completion: both(completion),
      Rest: both(oneOf('keep', 'cancel')),
      Dynamic: both(flag),
      Synchronize: both(flag),
    },
    any: [...ends, ['ItemProcessor', 'Iterator']],
    exclusive: [
      ['ItemProcessor', 'Iterator'],
      ['ItemSelector', 'Parameters'],
      ['MaxConcurrency', 'MaxConcurrencyPath'],
      ['ToleratedFailureCount', 'ToleratedFailureCountPath'],
      ['ToleratedFailurePercentage', 'ToleratedFailurePercentagePath'],
    ],
  },
  Place: { fields: { ...basics, ...notOnPlaces, Next: both(placeTarget) }, required: ['Next'] },
};

export function isStateType(name: string): name is StateType {
  return Object.hasOwn(stateForms, name);
}

export const stateTypes: readonly StateType[] = Object.keys(stateForms).filter(isStateType);
