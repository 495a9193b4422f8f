import { isJsonObject, type Json } from './json.ts';
import type { TaskResource } from './plan.ts';

/**
 * Names what a call of a task puts load on: what limits, breakers and pools of a task resource go by.
 *
 * - a function, also one that is called through `lambda:invoke`: its ARN without version or alias, or the name it was
 *   called by where that is no ARN (`function:charge`);
 * - an HTTP endpoint (`http:invoke`): its origin, as in `https://api.example.com`;
 * - everything else: the resource as the definition has it, as in `arn:aws:states:::dynamodb:putItem`.
 */
export function targetOf(resource: TaskResource, input: Json): string {
  if (resource.kind === 'lambda') return unqualified(resource.arn);
  if (resource.kind !== 'service') return resource.arn;
  if (resource.service === 'lambda' && resource.action === 'invoke') return functionTarget(input) ?? resource.arn;
  if (resource.service === 'http' && resource.action === 'invoke') return originOf(input) ?? resource.arn;
  return resource.arn.replace(/[.](sync(:2)?|waitForTaskToken)$/, '');
}

function functionTarget(input: Json): string | undefined {
  const name = isJsonObject(input) ? input['FunctionName'] : undefined;
  if (typeof name !== 'string' || name === '') return undefined;
  return name.startsWith('arn:') ? unqualified(name) : `function:${name.split(':')[0]}`;
}

/** `arn:aws:lambda:<region>:<account>:function:<name>[:<qualifier>]` */
function unqualified(arn: string): string {
  return arn.split(':').slice(0, 7).join(':');
}

const ORIGIN = /^https?:[/][/][^/?#]+/i;

function originOf(input: Json): string | undefined {
  const url = isJsonObject(input) ? input['ApiEndpoint'] : undefined;
  return typeof url === 'string' ? ORIGIN.exec(url)?.[0].toLowerCase() : undefined;
}
