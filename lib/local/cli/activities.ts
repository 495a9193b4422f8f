import type { EngineClient } from './client.ts';

/** Registers the activities that a definition names: tasks of those that do not exist fail. */
export async function registerActivities(client: EngineClient, definition: string): Promise<void> {
  for (const name of activitiesIn(definition)) await client.createActivity(name);
}

function activitiesIn(definition: string): ReadonlySet<string> {
  const arns = definition.matchAll(/"arn:[^":]+:states:[^":]*:[^":]*:activity:([^":]+)"/g);
  return new Set([...arns].map(([, name = '']) => name));
}
