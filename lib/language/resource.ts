import type { IntegrationPattern, TaskResource } from '../model/plan.ts';
import { integrationPatterns } from './integrations.ts';
import { WORK_ITEM } from './work-item.ts';

/** A `Resource` read and classified, or what is wrong with it. */
export type ParsedResource =
  | { readonly ok: true; readonly resource: TaskResource; readonly known: boolean }
  | { readonly ok: false };

const lambdaArn = /^arn:[\w-]+:lambda:[\w-]*:\d*:function:([\w-]+)(?::[\w$-]+)?$/;
const activityArn = /^arn:[\w-]+:states:[\w-]*:\d*:activity:[^:]+$/;
const serviceArn = /^arn:[\w-]+:states:[\w-]*:\d*:((?:aws-sdk:)?[\w-]+):(\w+)(?:\.(sync|sync:2|waitForTaskToken))?$/;
const anyArn = /^arn:[\w-]+:/;
/** What CloudFormation and the like put in before the definition gets here. */
const placeholder = /\$\{[^{}]+\}/;
const otherUri = /^([A-Za-z][\w+.-]*):(.+)$/s;

/**
 * Reads the `Resource` of a Task. A URI that is no ARN is a legal resource of the language, but of nobody we know: it
 * is passed on as a service of that scheme, and `known` is false; likewise a text with a placeholder in it, `${function}`.
 */
export function parseResource(text: string): ParsedResource {
  const lambda = lambdaArn.exec(text)?.[1];
  if (lambda !== undefined) return found({ kind: 'lambda', arn: text, functionName: lambda });
  if (activityArn.test(text)) return found({ kind: 'activity', arn: text });
  const service = parseService(text);
  if (service !== undefined) return service;
  if (placeholder.test(text)) return unknown('placeholder', text, text);
  if (anyArn.test(text) && !text.includes(':swf:')) return { ok: false };
  const uri = otherUri.exec(text);
  if (uri?.[1] === undefined || uri[2] === undefined) return { ok: false };
  return unknown(uri[1], uri[2], text);
}

function unknown(service: string, action: string, arn: string): ParsedResource {
  return { ok: true, known: false, resource: { kind: 'service', arn, service, action, pattern: 'requestResponse' } };
}

function parseService(text: string): ParsedResource | undefined {
  const match = serviceArn.exec(text);
  if (match === null) return undefined;
  const [, service = '', action = '', suffix] = match;
  if (`${service}:${action}` === WORK_ITEM && suffix === undefined) return found({ kind: 'workItem', arn: text });
  if (service === 'activity' || service === 'stateMachine' || service === 'execution') return { ok: false };
  const pattern = patternOf(suffix);
  const allowed = integrationPatterns(service, action);
  if (allowed === undefined || !allowed.includes(pattern)) return { ok: false };
  return found({ kind: 'service', arn: text, service, action, pattern });
}

function found(resource: TaskResource): ParsedResource {
  return { ok: true, resource, known: true };
}

function patternOf(suffix: string | undefined): IntegrationPattern {
  switch (suffix) {
    case 'sync':
    case 'sync:2':
    case 'waitForTaskToken':
      return suffix;
    default:
      return 'requestResponse';
  }
}
