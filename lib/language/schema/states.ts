import type { JsonObject } from '../../model/json.ts';
import type { QueryLanguage } from '../../model/plan.ts';
import { completionForm, countJoin, simpleJoins, threadsJoin, triggerForm } from '../check/coordination.ts';
import { type StateType, stateForms, stateTypes } from '../check/fields.ts';
import { itemBatcher, itemReader, readerConfig, resultWriter, writerConfig } from '../check/item-transfer.ts';
import { distributedOnly, inlineOnly, label } from '../check/map.ts';
import { catcherForm, retrierForm } from '../check/recovery.ts';
import { WORK_ITEM } from '../work-item.ts';
import { type Details, formSchema, ref, requires, says, when } from './form.ts';
import { workItemSchema } from './work-item.ts';

/** What language a state is in, and the definition around it: scopes inside a state are in the definition's again. */
export interface Dialect {
  readonly name: 'JSONPath' | 'JSONata' | 'mixed';
  readonly state: QueryLanguage;
  readonly definition: QueryLanguage;
}

export const dialects: readonly Dialect[] = [
  { name: 'JSONPath', state: 'JSONPath', definition: 'JSONPath' },
  { name: 'JSONata', state: 'JSONata', definition: 'JSONata' },
  { name: 'mixed', state: 'JSONata', definition: 'JSONPath' },
];

/** Which of the types, as its `Type` says. */
export function anyState({ name }: Dialect): JsonObject {
  return {
    type: 'object',
    required: ['Type'],
    properties: { Type: { enum: stateTypes } },
    allOf: stateTypes.map((type) => when(says('Type', type), ref(`${name}.${type}`))),
  };
}

/** The schema of a type of state. */
export function stateSchema(type: StateType, dialect: Dialect): JsonObject {
  const schema = formSchema(stateForms[type], dialect.state, detailsOf(type, dialect));
  if (type === 'Map') return { ...schema, ...onlyInOneMode };
  return type === 'Task' ? { ...schema, ...workItemArguments(dialect.state) } : schema;
}

/** The schemas of what stands in states: `retrier`, `catcher`, `reader` and so on, by language. */
export function partDefinitions(language: QueryLanguage): JsonObject {
  const part = (name: string) => `${name}.${language}`;
  return {
    [part('join')]: {
      ...formSchema(countJoin, language),
      ...when(says('Rest', 'cancel'), {}, { properties: { Cancels: false } }),
    },
    [part('threads')]: formSchema(threadsJoin, language),
    [part('trigger')]: formSchema(triggerForm, language),
    [part('completion')]: formSchema(completionForm, language),
    [part('workItem')]: workItemSchema(language),
    [part('retrier')]: formSchema(retrierForm, language),
    [part('catcher')]: formSchema(catcherForm, language),
    [part('reader')]: formSchema({ fields: itemReader, required: ['Resource'] }, language, {
      ReaderConfig: formSchema({ fields: readerConfig, exclusive: [['MaxItems', 'MaxItemsPath']] }, language),
    }),
    [part('batcher')]: formSchema({ fields: itemBatcher }, language),
    [part('writer')]: formSchema({ fields: resultWriter }, language, {
      WriterConfig: formSchema({ fields: writerConfig }, language),
    }),
  };
}

function detailsOf(type: StateType, { state, definition }: Dialect): Details {
  const listOf = (name: string, least = 0): JsonObject => ({
    type: 'array',
    ...(least === 0 ? {} : { minItems: least }),
    items: ref(name),
  });
  return {
    Type: { const: type },
    QueryLanguage: definition === 'JSONata' ? { const: 'JSONata' } : { enum: ['JSONPath', 'JSONata'] },
    End: { type: 'boolean' },
    Retry: listOf(`retrier.${state}`),
    Catch: listOf(`catcher.${state}`),
    Choices: listOf(`rule.${state}`, 1),
    Branches: listOf(`branch.${definition}`, 1),
    ItemProcessor: ref(`processor.${definition}`),
    Iterator: ref(`processor.${definition}`),
    ItemReader: ref(`reader.${state}`),
    ItemBatcher: ref(`batcher.${state}`),
    ResultWriter: ref(`writer.${state}`),
    Label: label.schema?.(state) ?? {},
    Completion: ref(`completion.${state}`),
    ...(type === 'Place' ? {} : startDetails(state)),
  };
}

function startDetails(language: QueryLanguage): Details {
  return {
    Join: { anyOf: [{ enum: simpleJoins }, ref(`join.${language}`), ref(`threads.${language}`)] },
    Trigger: ref(`trigger.${language}`),
  };
}

const distributed: JsonObject = {
  ...requires('ItemProcessor'),
  properties: {
    ItemProcessor: { ...requires('ProcessorConfig'), properties: { ProcessorConfig: says('Mode', 'DISTRIBUTED') } },
  },
};

function without(names: readonly string[]): JsonObject {
  return { properties: Object.fromEntries(names.map((name) => [name, false])) };
}

const onlyInOneMode = when(distributed, without(inlineOnly), without(distributedOnly));

function workItemArguments(language: QueryLanguage): JsonObject {
  const resource = { ...requires('Resource'), properties: { Resource: { pattern: `:${WORK_ITEM}$` } } };
  const field = language === 'JSONata' ? 'Arguments' : 'Parameters';
  return when(resource, { properties: { [field]: ref(`workItem.${language}`) } });
}
