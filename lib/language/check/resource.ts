import type { Json } from '../../model/json.ts';
import { parseResource } from '../resource.ts';
import { WORK_ITEM } from '../work-item.ts';
import type { Site } from './site.ts';

const WORK_ITEM_RESOURCE = `arn:aws:states:::${WORK_ITEM}`;
/** In any case, shortened, and with the suffixes of other integrations. */
const looksLikeWorkItem = /^(?:arn:[\w-]*:states:[\w-]*:\d*:)?knhk:work[-_]?items?(?:\.[\w:]+)?$/i;

export function checkResource(value: Json | undefined, site: Site): void {
  if (typeof value !== 'string') return;
  const parsed = parseResource(value);
  const hint = looksLikeWorkItem.test(value) ? `Did you mean '${WORK_ITEM_RESOURCE}'?` : undefined;
  if (!parsed.ok) {
    return site.invalid(
      `The resource provided ${value} is not recognized. ` +
        'The value is not a valid resource ARN, or the resource is not available in this region.',
      hint,
    );
  }
  const { resource, known } = parsed;
  if (!known) site.warn('UNKNOWN_RESOURCE', `Nothing is known that does the work of '${value}'`, hint);
  if (site.check.type !== 'EXPRESS') return;
  if (resource.kind === 'activity') site.invalid('Express state machine does not support activities');
  else if (resource.kind === 'workItem') site.invalid('Express state machine does not support work items');
  else if (resource.kind === 'service' && resource.pattern !== 'requestResponse') {
    const suffix = resource.pattern === 'waitForTaskToken' ? '.waitForTaskToken' : '.sync';
    site.invalid(`Express state machine does not support '${suffix}' service integration`);
  }
}
