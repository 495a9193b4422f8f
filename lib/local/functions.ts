import type { TaskInvoker } from '../ports/task-invoker.ts';
import type { Telemetry } from '../ports/telemetry.ts';
import type { Configuration } from './configuration.ts';
import { HandlerTasks } from './handler-tasks.ts';
import { fixedHandlers, moduleHandlers } from './handlers.ts';

/** What carries out function tasks, until it is closed. */
export interface Functions {
  readonly invoker: TaskInvoker;
  close(): void;
}

/**
 * Functions come from a Lambda endpoint if one is configured, else from the handlers' module; with neither, each
 * function task fails with a cause that says what to configure.
 * @throws HandlersNotLoaded
 */
export async function openFunctions(configuration: Configuration, telemetry: Telemetry): Promise<Functions> {
  const { lambdaEndpoint, handlers } = configuration;
  if (lambdaEndpoint !== undefined) return lambdaFunctions(lambdaEndpoint);
  const source = handlers === undefined ? fixedHandlers({}) : await moduleHandlers(handlers, telemetry);
  return { invoker: new HandlerTasks(source), close: () => source.close() };
}

/** Loaded only where it is used: the AWS SDK takes longer to load than everything else together. */
async function lambdaFunctions(endpoint: string): Promise<Functions> {
  const [{ LambdaInvoker }, { AwsClients }] = await Promise.all([
    import('../adapters/aws/lambda-invoker.ts'),
    import('../adapters/aws/clients.ts'),
  ]);
  const clients = new AwsClients({ endpoints: { lambda: endpoint } });
  // There is no STS behind the endpoint: functions are called as whoever runs the engine, whatever role a task names.
  return { invoker: new LambdaInvoker({ client: () => clients.lambda() }), close: () => clients.destroy() };
}
