/** A person, or a system, that does work items. */
export interface Participant {
  readonly id: string;
  readonly roles: readonly string[];
  readonly capabilities: readonly string[];
  /** Whether new work goes to it. */
  readonly available: boolean;
}

/** What somebody must be and be able to, to do an item. */
export interface Requirement {
  readonly role?: string;
  readonly capabilities?: readonly string[];
}

/** Whether it has the role, if one is asked for, and all capabilities; available or not. */
export function fits({ roles, capabilities: able }: Participant, { role, capabilities = [] }: Requirement): boolean {
  return (role === undefined || roles.includes(role)) && capabilities.every((capability) => able.includes(capability));
}
