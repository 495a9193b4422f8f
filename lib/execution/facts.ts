import { qualifiedArn } from '../model/arn.ts';
import type { ChildEnded, Command, StopExecution, TaskCommand } from '../model/command.ts';
import type { Json } from '../model/json.ts';
import { redrivability, timesTakenUp } from '../model/redrive.ts';
import type { ExecutionState, MapParent, ParentRef, TaskParent } from '../model/state.ts';
import type { Clock } from '../ports/clock.ts';
import type { Fact, Inbox } from '../ports/event-store.ts';

/** A command on its way into a decision, and the fact in the inbox that it came from, if it did. */
export interface PendingCommand {
  readonly command: Exclude<Command, { type: 'StartExecution' }>;
  readonly fact?: string;
}

/** A command as a fact. Its id makes a second delivery change nothing; heartbeats and returns are told apart by their time. */
export function factOf(command: Command, at: number): Fact | undefined {
  switch (command.type) {
    case 'StartExecution':
    case 'Wake':
      return undefined;
    case 'StopExecution':
      return { id: stopId(command), at, body: JSON.stringify(command) };
    case 'TaskHeartbeat':
      return { id: `${about(command)}.heartbeat.${at}`, at, body: JSON.stringify(command) };
    case 'CancellationsDone':
    case 'PermitsGranted':
      return undefined;
    case 'ChildEnded':
      return { id: childId(command), at, body: JSON.stringify(command) };
    case 'UpdateMapRun':
      return { id: `map-run.${command.id}`, at, body: JSON.stringify(command) };
    case 'SendEvent':
      return { id: `event.${command.id}`, at, body: JSON.stringify(command) };
    case 'AddItems':
      return { id: `items.${command.id}`, at, body: JSON.stringify(command) };
    case 'TaskReturned':
      return { id: `${about(command)}.returned.${at}`, at, body: JSON.stringify(command) };
    case 'AllocateTask':
    case 'DelegateTask':
      return { id: `${about(command)}.staffed.${at}`, at, body: JSON.stringify(command) };
    case 'TaskStarted':
      return { id: `${about(command)}.started`, at, body: JSON.stringify(command) };
    case 'TaskSubmitted':
      return { id: `${about(command)}.submitted`, at, body: JSON.stringify(command) };
    case 'TaskSucceeded':
    case 'TaskFailed':
      return { id: `${about(command)}.ended`, at, body: JSON.stringify(command) };
  }
}

function stopId({ redriveCount }: StopExecution): string {
  return redriveCount === undefined || redriveCount === 0 ? 'stop' : `stop.${redriveCount}`;
}

function childId({ activation, round, child, redrives }: Omit<ChildEnded, 'type' | 'status'>): string {
  return `${activation}.${round}.child.${child}.${redrives}`;
}

function about({ activation, attempt }: TaskCommand): string {
  return `${activation}.${attempt}`;
}

/** Puts a command into an execution's inbox, durably. What needs no fact is there already. */
export async function depositCommand(
  { inbox, clock }: { readonly inbox: Inbox; readonly clock: Clock },
  execution: string,
  command: Command,
): Promise<'deposited' | 'exists'> {
  const fact = factOf(command, clock.now());
  return fact === undefined ? 'exists' : inbox.deposit(execution, fact);
}

export function readFact(fact: Fact): PendingCommand {
  // Bodies are written by factOf and closingFact alone.
  const command: PendingCommand['command'] = JSON.parse(fact.body);
  return { command, fact: fact.id };
}

/** What the parent is told when its child has closed: the end of the task that started it. */
export function closingFact(child: ExecutionState, parent: ParentRef, at: number): Fact {
  if (parent.pattern === 'child') {
    const command = childEnded(child, parent);
    return { id: childId(command), at, body: JSON.stringify(command) };
  }
  const { activation, attempt, pattern } = parent;
  const command = childEnd(child, { activation, attempt }, pattern);
  return { id: `${activation}.${attempt}.ended`, at, body: JSON.stringify(command) };
}

/** A closed child as the map run that it belongs to counts it. */
export function childEnded(state: ExecutionState, { activation, round, child }: MapParent): ChildEnded {
  const { identity, status, output, failure, closedAt } = state;
  if (status === 'RUNNING') throw new Error(`${identity.id} has not closed.`);
  return {
    type: 'ChildEnded',
    activation,
    round,
    child,
    redrives: timesTakenUp(state),
    status,
    ...(output === undefined ? {} : { output }),
    ...failure,
    startedAt: identity.startedAt,
    closedAt: closedAt ?? identity.startedAt,
  };
}

type ChildEnd =
  | { readonly type: 'TaskSucceeded'; readonly activation: number; readonly attempt: number; readonly output: Json }
  | {
      readonly type: 'TaskFailed';
      readonly activation: number;
      readonly attempt: number;
      readonly reason: 'failed';
      readonly error: string;
      readonly cause: string;
    };

/** A closed child as the end of its parent's task, in the words of the integration `states:startExecution.sync`. */
export function childEnd(
  child: ExecutionState,
  task: Pick<TaskCommand, 'activation' | 'attempt'>,
  pattern: TaskParent['pattern'],
): ChildEnd {
  const { identity, status, failure, redriven } = child;
  const redrivable = redrivability(child, child.closedAt ?? identity.startedAt);
  const { id: workflow, version, alias } = identity.workflow;
  const description: Json = {
    ExecutionArn: identity.id,
    Input: pattern === 'sync' ? JSON.stringify(child.input) : child.input,
    InputDetails: { Included: true },
    Name: identity.name,
    RedriveCount: redriven?.count ?? 0,
    ...(redriven === undefined ? {} : { RedriveDate: redriven.at }),
    RedriveStatus: redrivable.status,
    ...('reason' in redrivable ? { RedriveStatusReason: redrivable.reason } : {}),
    StartDate: identity.startedAt,
    ...(alias === undefined ? {} : { StateMachineAliasArn: qualifiedArn(workflow, alias) }),
    StateMachineArn: workflow,
    ...(version === undefined ? {} : { StateMachineVersionArn: qualifiedArn(workflow, version) }),
    Status: status,
    StopDate: child.closedAt ?? identity.startedAt,
    ...(child.output === undefined
      ? {}
      : {
          Output: pattern === 'sync' ? JSON.stringify(child.output) : child.output,
          OutputDetails: { Included: true },
        }),
    ...(failure?.error === undefined ? {} : { Error: failure.error }),
    ...(failure?.cause === undefined ? {} : { Cause: failure.cause }),
  };
  const { activation, attempt } = task;
  if (status === 'SUCCEEDED') return { activation, attempt, type: 'TaskSucceeded', output: description };
  return {
    activation,
    attempt,
    type: 'TaskFailed',
    reason: 'failed',
    error: 'States.TaskFailed',
    cause: JSON.stringify(description),
  };
}

/** Facts that took longer to be read, ms, are read again, so many times in all. */
const MAX_READ_MS = 500;
const READ_ATTEMPTS = 3;

/** All facts of the inbox. A process that stood still while it read would otherwise let fall due what was answered in time. */
export async function readFacts(
  { inbox, clock }: { readonly inbox: Inbox; readonly clock: Clock },
  execution: string,
): Promise<readonly Fact[]> {
  for (let attempt = 1; ; attempt += 1) {
    const asked = clock.now();
    const facts = await inbox.facts(execution);
    if (clock.now() - asked <= MAX_READ_MS || attempt === READ_ATTEMPTS) return facts;
  }
}
