import { ErrorName } from '../../model/errors.ts';
import type { Execution, ExecutionName, ExecutionSummary } from './client.ts';
import { CommandFailed, EXIT, type ExitCode } from './exit.ts';
import { duration, shortCause } from './format.ts';
import type { Screen } from './terminal.ts';

const STYLES = { RUNNING: 'cyan', SUCCEEDED: 'green', FAILED: 'red', TIMED_OUT: 'red', ABORTED: 'yellow' } as const;

export function paintStatus(screen: Screen, status: Execution['status'], text: string = status): string {
  return screen.paint(STYLES[status], text);
}

export function nameOf({ workflow, id }: ExecutionName): string {
  return `${workflow}/${id}`;
}

/** @throws CommandFailed */
export function parseName(text: string): ExecutionName {
  const [, byArn] = /^arn:[^:]*:states:[^:]*:[^:]*:(?:execution|express):(.+)$/.exec(text) ?? [];
  // The workflow of a map run's children has a slash in its name: no execution has.
  const pattern = byArn === undefined ? /^([^:/]+(?:\/[^:/]+(?=\/))?)[:/]([^/]+)$/ : /^([^:]+):(.+)$/;
  const [, workflow, id] = pattern.exec(byArn ?? text) ?? [];
  if (workflow !== undefined && id !== undefined) return { workflow, id };
  const message = `Name an execution as workflow/execution, for example order/A-1001, or by its ARN: '${text}' is neither.`;
  throw new CommandFailed('Knhk.NameInvalid', message);
}

export function took({ startedAt, closedAt }: ExecutionSummary): string {
  return closedAt === undefined ? '' : duration(Date.parse(closedAt) - Date.parse(startedAt));
}

/** One line: name, status, and what there is to say about it. */
export function headline(screen: Screen, execution: Execution): string {
  const { status, error, cause } = execution;
  const time = took(execution) === '' ? '' : ` after ${took(execution)}`;
  const reason = [error, cause === undefined ? undefined : shownCause(error, cause)].filter(
    (part) => part !== undefined,
  );
  const why = reason.length === 0 ? '' : `: ${reason.join(': ')}`;
  return `${nameOf(execution)} ${paintStatus(screen, status)}${time}${why}`;
}

/** What a deadlock waits for is all said in its cause. */
function shownCause(error: string | undefined, cause: string): string {
  return error === ErrorName.deadlock ? cause : shortCause(cause);
}

export function exitCodeOf({ status }: Pick<Execution, 'status'>): ExitCode {
  return status === 'SUCCEEDED' ? EXIT.ok : EXIT.failed;
}
