/**
 * What can be allowed: an area and a verb. `changes`: it changes something, and is written to the audit log even where
 * it is granted.
 */
const ACTIONS = {
  'activities:create': { changes: true },
  'activities:delete': { changes: true },
  'activities:list': { changes: false },
  'activities:read': { changes: false },
  'activities:take': { changes: true },
  'breakers:read': { changes: false },
  'breakers:write': { changes: true },
  'engine:read': { changes: false },
  'events:send': { changes: true },
  'executions:change': { changes: true },
  'executions:decrypt': { changes: true },
  'executions:erase': { changes: true },
  'executions:hold': { changes: true },
  'executions:list': { changes: false },
  'executions:read': { changes: false },
  'executions:rebuild': { changes: true },
  'executions:redrive': { changes: true },
  'executions:start': { changes: true },
  'executions:stop': { changes: true },
  'executions:suspend': { changes: true },
  'keys:create': { changes: true },
  'keys:list': { changes: false },
  'keys:revoke': { changes: true },
  'ledger:read': { changes: false },
  'ledger:seal': { changes: true },
  'participants:list': { changes: false },
  'participants:read': { changes: false },
  'participants:write': { changes: true },
  'pools:read': { changes: false },
  'pools:write': { changes: true },
  'ratelimits:read': { changes: false },
  'ratelimits:write': { changes: true },
  'tags:read': { changes: false },
  'tags:write': { changes: true },
  'tasks:report': { changes: true },
  'workflows:create': { changes: true },
  'workflows:delete': { changes: true },
  'workflows:list': { changes: false },
  'workflows:publish': { changes: true },
  'workflows:read': { changes: false },
  'workflows:test': { changes: true },
  'workflows:update': { changes: true },
  'workflows:validate': { changes: false },
  'workitems:act': { changes: true },
  'workitems:complete': { changes: true },
  'workitems:delegate': { changes: true },
  'workitems:fail': { changes: true },
  'workitems:list': { changes: false },
  'workitems:read': { changes: false },
  'workitems:return': { changes: true },
  'workitems:start': { changes: true },
} as const;

export type ActionName = keyof typeof ACTIONS;

export const actionNames: ReadonlySet<string> = new Set(Object.keys(ACTIONS));

export function changesSomething(action: ActionName): boolean {
  return ACTIONS[action].changes;
}
