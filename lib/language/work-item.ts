/** The task resource for work that is done by a person or a system outside: the part behind `arn:aws:states:::`. */
export const WORK_ITEM = 'knhk:workItem';

/** Whether the `Resource` of a Task, which need not have been checked, is a work item. */
export function isWorkItem(resource: unknown): boolean {
  return typeof resource === 'string' && resource.endsWith(`:${WORK_ITEM}`);
}

/** The fields of what a work item is called with. */
export const workItemFields = [
  'Assignee',
  'Candidates',
  'Title',
  'Payload',
  'Role',
  'Capabilities',
  'Allocation',
  'Retain',
  'Separate',
  'Escalate',
] as const;

/** Those of a step of `Escalate`, and of the `To` in it. */
export const escalationFields = ['AfterSeconds', 'To'] as const;
export const escalationTargets = ['Assignee', 'Candidates', 'Role'] as const;
