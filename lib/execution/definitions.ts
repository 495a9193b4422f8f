import { createHash } from 'node:crypto';
import {
  type CheckOptions,
  type CompileOptions,
  type HashAlgorithm,
  type LoadedDefinition,
  loadDefinition,
} from '../language/index.ts';
import type { Json } from '../model/json.ts';
import type { Plan } from '../model/plan.ts';
import { tagLater } from './pattern-tags.ts';
import { INTEGRATIONS } from './tasks/router.ts';

/** Checks and compiles a definition as this engine runs it. */
export function load(
  source: string | Json,
  options: CheckOptions & Pick<CompileOptions, 'trace'> = {},
): LoadedDefinition {
  return loadDefinition(source, { ...options, hash, integrations: INTEGRATIONS, isAnalysed: true });
}

/**
 * Compiles a definition that was checked when it was registered.
 * @throws DefinitionRefused if this version of the engine no longer accepts it.
 */
export function compileStored(source: string): Plan {
  const { plan, definition, findings } = loadDefinition(source, { hash, integrations: INTEGRATIONS });
  if (plan === undefined) throw new DefinitionRefused(findings[0]?.message ?? 'no reason was given');
  tagLater(plan, definition);
  return plan;
}

class DefinitionRefused extends Error {
  override readonly name = 'DefinitionRefused';
  readonly code = 'Knhk.DefinitionRefused';

  constructor(reason: string) {
    super(
      `A registered definition is not accepted by this version of the engine: ${reason} Correct it and update the workflow.`,
    );
  }
}

function hash(text: string, algorithm: HashAlgorithm): string {
  return createHash(algorithm.replace('-', '').toLowerCase()).update(text).digest('hex');
}
