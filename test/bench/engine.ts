import { MemoryObjectStore } from '../../lib/adapters/memory/index.ts';
import { openLocalEngine } from '../../lib/local/engine.ts';
import { HandlerTasks } from '../../lib/local/handler-tasks.ts';
import { fixedHandlers, type Handler } from '../../lib/local/handlers.ts';
import { workflowArn } from '../../lib/model/arn.ts';
import type { Json } from '../../lib/model/json.ts';
import type { Telemetry } from '../../lib/ports/telemetry.ts';

/** The engine as one machine runs it, with handlers in its process. */
export interface Bench {
  register(name: string, definition: Json): Promise<(input: Json) => Promise<Json>>;
  readonly handlers: Record<string, Handler>;
  close(): Promise<void>;
}

/** Of the pool `bench`. */
export const PERMITS = 10;

/** How long an execution may take before the measurement is given up, ms. */
const PATIENCE_MS = 120_000;

export async function openBench(dataDir: string, telemetry: Telemetry): Promise<Bench> {
  const handlers: Record<string, Handler> = { increment: (value: number) => value + 1 };
  const functions = new HandlerTasks({ ...fixedHandlers({}), find: (name) => handlers[name] });
  const local = await openLocalEngine({
    pools: new Map([['bench', PERMITS]]),
    dataDir,
    functions,
    buckets: new MemoryObjectStore(),
    telemetry,
  });
  const { engine, workflows, place } = local;
  return {
    handlers,
    async register(name, definition) {
      const id = workflowArn(place, name);
      const now = Date.now();
      const workflow = {
        id,
        name,
        type: 'STANDARD',
        roleArn: 'arn:aws:iam::000000000000:role/bench',
        createdAt: now,
        revision: '1',
        revisedAt: now,
        settings: {},
      } as const;
      await workflows.create(workflow, JSON.stringify(definition));
      return async (input) => {
        const { execution } = await engine.start({ workflow, input }, { run: true });
        const state = await engine.closed(execution, PATIENCE_MS);
        if (state?.status !== 'SUCCEEDED' || state.output === undefined)
          throw new Error(`${execution} ended as ${JSON.stringify(state)}`);
        return state.output;
      };
    },
    close: () => local.close(),
  };
}
