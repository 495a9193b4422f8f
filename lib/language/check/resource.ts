import type { Json } from '../../model/json.ts';
import { parseResource } from '../resource.ts';
import type { Site } from './site.ts';

export function checkResource(value: Json | undefined, site: Site): void {
  if (typeof value !== 'string') return;
  const parsed = parseResource(value);
  if (!parsed.ok) {
    return site.invalid(
      `The resource provided ${value} is not recognized. ` +
        'The value is not a valid resource ARN, or the resource is not available in this region.',
    );
  }
  const { resource, known } = parsed;
  if (!known) site.warn('UNKNOWN_RESOURCE', `Nothing is known that does the work of '${value}'`);
  if (site.check.type !== 'EXPRESS') return;
  if (resource.kind === 'activity') site.invalid('Express state machine does not support activities');
  else if (resource.kind === 'workItem') site.invalid('Express state machine does not support work items');
  else if (resource.kind === 'service' && resource.pattern !== 'requestResponse') {
    const suffix = resource.pattern === 'waitForTaskToken' ? '.waitForTaskToken' : '.sync';
    site.invalid(`Express state machine does not support '${suffix}' service integration`);
  }
}
