import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PipelineStage } from '../execution/pipeline/stage.ts';

/**
 * The stages that a module exports as `default`: a list, or a function that gives one. Read once, when the engine starts.
 * @throws StagesNotLoaded
 */
export async function moduleStages(file: string | undefined): Promise<readonly PipelineStage[]> {
  if (file === undefined) return [];
  const path = resolve(file);
  let stages: unknown;
  try {
    const exported: { readonly default?: unknown } = await import(pathToFileURL(path).href);
    stages = typeof exported.default === 'function' ? await exported.default() : exported.default;
  } catch (cause) {
    throw new StagesNotLoaded(path, cause instanceof Error ? cause.message : String(cause), { cause });
  }
  if (!Array.isArray(stages)) throw new StagesNotLoaded(path, 'its default export is no list of stages');
  // The pipeline checks the names and hooks.
  return stages;
}

export class StagesNotLoaded extends Error {
  override readonly name = 'StagesNotLoaded';
  readonly code = 'Knhk.StagesNotLoaded';

  constructor(path: string, problem: string, options?: ErrorOptions) {
    super(`The stages in ${path} could not be loaded: ${problem}`, options);
  }
}
