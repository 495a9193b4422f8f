import { isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import { checkItemBatcher, checkItemReader, checkResultWriter } from './item-transfer.ts';
import { checkFields, type Form, oneOf, requireFields, ruled } from './rules.ts';
import { form } from './schema-terms.ts';
import type { Site } from './site.ts';

export const processorConfig: Form = {
  fields: {
    Mode: { rule: oneOf('INLINE', 'DISTRIBUTED') },
    ExecutionType: { rule: oneOf('STANDARD', 'EXPRESS') },
  },
};

/** Fields that only a distributed Map has. */
export const distributedOnly = ['ItemReader', 'ItemBatcher', 'ResultWriter', 'Label'];

/** Fields that only an inline Map has. */
export const inlineOnly = ['Completion', 'Rest', 'Dynamic', 'Synchronize'];

/** Everything of a Map but the states of its processor. */
export function checkMap(state: JsonObject, site: Site): void {
  const { ItemProcessor, Iterator: Older, ItemBatcher, ItemReader, ResultWriter, Label } = state;
  if (ItemProcessor === undefined && Older === undefined) site.invalid('These fields are required: [ItemProcessor]');
  const distributed = checkProcessorConfig(ItemProcessor, site.at('ItemProcessor'));
  for (const name of distributedOnly) {
    if (!distributed && name in state) site.invalid(`Field '${name}' is only supported in a distributed Map`);
  }
  for (const name of inlineOnly) {
    if (distributed && name in state) site.invalid(`Field '${name}' is only supported in an inline Map`);
  }
  if ('Rest' in state && !('Completion' in state)) {
    const message = "Without 'Completion' the Map completes with all its items, and there is no rest: leave 'Rest' out";
    site.at('Rest').warn('WITHOUT_EFFECT', message);
  }
  if (Label !== undefined) label(Label, site.at('Label'));
  if (ItemReader !== undefined) checkItemReader(ItemReader, site.at('ItemReader'));
  if (ItemBatcher !== undefined) checkItemBatcher(ItemBatcher, site.at('ItemBatcher'));
  if (ResultWriter !== undefined) checkResultWriter(ResultWriter, site.at('ResultWriter'));
}

/** Whether the processor is distributed. */
function checkProcessorConfig(processor: Json | undefined, site: Site): boolean {
  if (!isJsonObject(processor)) return false;
  const config = processor['ProcessorConfig'];
  if (config === undefined) return false;
  const at = site.at('ProcessorConfig');
  if (!isJsonObject(config)) {
    at.invalid('Expected value of type [OBJECT]');
    return false;
  }
  checkFields(config, processorConfig.fields, at);
  if (config['Mode'] !== 'DISTRIBUTED') return false;
  requireFields(config, ['ExecutionType'], at);
  if (site.check.type === 'EXPRESS') at.invalid('Express workflows do not support the Distributed mode of Map');
  return true;
}

const MAX_LABEL = 40;
/** White space, wildcards, brackets, special and control characters. */
const FORBIDDEN_IN_LABEL = '\\s?*<>{}[\\]:;,\\\\|\\^~$#%&`"\\u0000-\\u001f\\u007f-\\u009f';
const forbiddenInLabel = new RegExp(`[${FORBIDDEN_IN_LABEL}]`);
const labelSchema = form({ type: 'string', maxLength: MAX_LABEL, pattern: `^[^${FORBIDDEN_IN_LABEL}]*$` });

export const label = ruled(labelSchema, (value, site) => {
  if (typeof value !== 'string') return site.invalid('Expected value of type [STRING]');
  const forbidden = forbiddenInLabel.exec(value)?.[0];
  if (value.length > MAX_LABEL) site.report('INVALID_LABEL_NAME', `Label cannot exceed ${MAX_LABEL} characters`);
  else if (forbidden !== undefined) {
    site.report('INVALID_LABEL_NAME', `Label contains invalid character: '${forbidden}'`);
  } else if (site.check.labels.has(value)) site.report('DUPLICATE_LABEL_NAME', `Duplicate Label name: ${value}`);
  else site.check.labels.add(value);
});
