import type { JsonObject } from '../../model/json.ts';
import type { QueryLanguage } from '../../model/plan.ts';
import { type StateType, stateForms, stateTypes } from '../check/fields.ts';
import { itemBatcher, itemReader, readerConfig, resultWriter, writerConfig } from '../check/item-transfer.ts';
import { distributedOnly, label } from '../check/map.ts';
import { catcherForm, retrierForm } from '../check/recovery.ts';
import { type Details, formSchema, ref, requires, says, when } from './form.ts';

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
  return type === 'Map' ? { ...schema, ...onlyInDistributed } : schema;
}

/** The schemas of what stands in states: `retrier`, `catcher`, `reader` and so on, by language. */
export function partDefinitions(language: QueryLanguage): JsonObject {
  const part = (name: string) => `${name}.${language}`;
  return {
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
  };
}

const distributed: JsonObject = {
  ...requires('ItemProcessor'),
  properties: {
    ItemProcessor: { ...requires('ProcessorConfig'), properties: { ProcessorConfig: says('Mode', 'DISTRIBUTED') } },
  },
};

const onlyInDistributed = when(
  distributed,
  {},
  { properties: Object.fromEntries(distributedOnly.map((name) => [name, false])) },
);
