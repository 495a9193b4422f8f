import { checkCredentials } from './credentials.ts';
import {
  anything,
  type Field,
  type Fields,
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
  text,
  variables,
} from './rules.ts';
import { checkTimestamp } from './timestamp.ts';

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

const common: Fields = {
  Type: elsewhere,
  Comment: both(text),
  QueryLanguage: both(oneOf('JSONPath', 'JSONata')),
};

const flow: Fields = {
  ...common,
  InputPath: jsonPath(nullablePath),
  OutputPath: jsonPath(nullablePath),
  Output: onlyJsonata(jsonata),
};

const assign: Fields = { Assign: both(variables) };

const transition: Fields = { Next: both(text), End: both(flag) };

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

/** The fields that each type of state may have. */
export const stateFields: Readonly<Record<string, Fields>> = {
  Pass: {
    ...flow,
    ...assign,
    ...transition,
    Result: jsonPath(anything),
    Parameters: jsonPath(payload),
    ResultPath: jsonPath(resultPath),
  },
  Task: {
    ...working,
    Resource: both(text),
    TimeoutSeconds: both(duration),
    TimeoutSecondsPath: jsonPath(referencePath),
    HeartbeatSeconds: both(duration),
    HeartbeatSecondsPath: jsonPath(referencePath),
    Credentials: both(checkCredentials),
    Idempotent: both(flag),
  },
  Choice: { ...flow, ...assign, Choices: both(list), Default: both(text) },
  Wait: {
    ...flow,
    ...assign,
    ...transition,
    Seconds: both(orExpression(integer(0, MAX_SECONDS))),
    SecondsPath: jsonPath(referencePath),
    Timestamp: both(orExpression(checkTimestamp)),
    TimestampPath: jsonPath(referencePath),
  },
  Succeed: flow,
  Fail: {
    ...common,
    Error: both(orExpression(text)),
    ErrorPath: jsonPath(pathOrIntrinsic),
    Cause: both(orExpression(text)),
    CausePath: jsonPath(pathOrIntrinsic),
  },
  Parallel: { ...working, Branches: both(list) },
  Map: {
    ...working,
    ItemProcessor: elsewhere,
    Iterator: elsewhere,
    Items: onlyJsonata(jsonata),
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
  },
};
