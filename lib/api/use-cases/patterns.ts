import { patternTags } from '../../execution/pattern-tags.ts';
import type { WorkflowRef } from '../../model/state.ts';
import type { PatternId } from '../../patterns/index.ts';
import type { Services } from '../services.ts';

/**
 * The patterns that a revision of a workflow uses; found out once for each revision that a process has compiled. None
 * where the revision is gone, or this version of the engine does not accept it any more: what is shown of a workflow or
 * an execution does not depend on that.
 */
export async function patternsUsed(
  services: Services,
  workflow: Pick<WorkflowRef, 'id' | 'revision'>,
): Promise<readonly PatternId[]> {
  try {
    return patternTags(await services.workflows.plan(workflow));
  } catch (error) {
    if (error instanceof Error && SHOWN_WITHOUT.has(error.name)) return [];
    throw error;
  }
}

const SHOWN_WITHOUT: ReadonlySet<string> = new Set(['WorkflowGone', 'DefinitionRefused']);
