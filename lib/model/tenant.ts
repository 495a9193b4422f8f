import { parseStatesArn } from './arn.ts';

/** What separates a tenant from the rest of a name: `acme--order` is the tenant `acme`'s. */
const SEPARATOR = '--';
const TENANT = /^[A-Za-z0-9_.]+(?:-[A-Za-z0-9_.]+)*$/;
const MAX_LENGTH = 40;

/** Whether this can be a tenant: letters, digits, `_`, `.` and single hyphens within, at most 40 in all. */
export function isTenant(text: string): boolean {
  return text.length <= MAX_LENGTH && TENANT.test(text);
}

/** The tenant that a workflow or an activity belongs to by its name; `undefined`: none. */
export function tenantOf(name: string): string | undefined {
  const end = name.indexOf(SEPARATOR);
  const tenant = end < 0 ? '' : name.slice(0, end);
  return isTenant(tenant) ? tenant : undefined;
}

/**
 * Those whose work takes turns with that of others: the tenant of the execution's workflow, else the workflow.
 * @param execution its ARN.
 */
export function fairnessGroup(execution: string): string {
  const name = parseStatesArn(execution)?.name ?? execution;
  return tenantOf(name) ?? name;
}
