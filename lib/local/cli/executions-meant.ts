import type { EngineClient, ExecutionName } from './client.ts';
import { CommandFailed } from './exit.ts';
import { parseName } from './print-execution.ts';

const PAGE = 1_000;

/** The execution that a command names, or all of a workflow that run. @throws CommandFailed unless it names just one of them. */
export async function* executionsMeant(
  client: EngineClient,
  name: string | undefined,
  workflow: string | undefined,
): AsyncGenerator<ExecutionName> {
  if (name !== undefined && workflow === undefined) return yield parseName(name);
  if (name !== undefined || workflow === undefined) {
    const message = 'Name an execution, or with --workflow a workflow whose executions are meant.';
    throw new CommandFailed('Knhk.BadOption', message);
  }
  // All at first, since those that are changed may move in the list.
  const names: ExecutionName[] = [];
  let after: string | undefined;
  do {
    const page = await client.executions({ workflow, status: 'RUNNING', limit: PAGE, after });
    names.push(...page.items.map(({ id }) => ({ workflow, id })));
    after = page.next;
  } while (after !== undefined);
  yield* names;
}
