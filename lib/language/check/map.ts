import { isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import { checkItemBatcher, checkItemReader, checkResultWriter } from './item-transfer.ts';
import { checkFields, type Form, oneOf, requireFields } from './rules.ts';
import type { Site } from './site.ts';

export const processorConfig: Form = {
  fields: {
    Mode: { rule: oneOf('INLINE', 'DISTRIBUTED') },
    ExecutionType: { rule: oneOf('STANDARD', 'EXPRESS') },
  },
};

/** Fields that only a distributed Map has. */
export const distributedOnly = ['ItemReader', 'ItemBatcher', 'ResultWriter', 'Label'];

/** Everything of a Map but the states of its processor. */
export function checkMap(state: JsonObject, site: Site): void {
  const { ItemProcessor, Iterator: Older, ItemBatcher, ItemReader, ResultWriter, Label } = state;
  if (ItemProcessor === undefined && Older === undefined) site.invalid('These fields are required: [ItemProcessor]');
  const distributed = checkProcessorConfig(ItemProcessor, site.at('ItemProcessor'));
  for (const name of distributedOnly) {
    if (!distributed && name in state) site.invalid(`Field '${name}' is only supported in a distributed Map`);
  }
  if (Label !== undefined) checkLabel(Label, site.at('Label'));
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
const forbiddenInLabel = /[\s?*<>{}[\]:;,\\|^~$#%&`"\p{Cc}]/u;

function checkLabel(label: Json, site: Site): void {
  if (typeof label !== 'string') return site.invalid('Expected value of type [STRING]');
  const forbidden = forbiddenInLabel.exec(label)?.[0];
  if (label.length > MAX_LABEL) site.report('INVALID_LABEL_NAME', `Label cannot exceed ${MAX_LABEL} characters`);
  else if (forbidden !== undefined)
    site.report('INVALID_LABEL_NAME', `Label contains invalid character: '${forbidden}'`);
}
