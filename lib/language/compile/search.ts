import type { SearchPlan, SearchSource } from '../../model/search.ts';
import type { SearchDefinition } from '../definition.ts';
import { compileLookup } from '../jsonpath/path-lookup.ts';
import { compileResultPath } from '../jsonpath/reference-path.ts';

/** The field `Search`, in which the checker has found no error. */
export function compileSearch({ BusinessKey, Tags = [], Attributes = {} }: SearchDefinition): SearchPlan {
  const tags = typeof Tags === 'string' ? [Tags] : Tags;
  return {
    ...(BusinessKey === undefined ? {} : { businessKey: compileSource(BusinessKey) }),
    tags: tags.map(compileSource),
    attributes: Object.fromEntries(Object.entries(Attributes).map(([name, text]) => [name, compileSource(text)])),
  };
}

/** A path into the input, or a text that stands for itself. */
function compileSource(text: string): SearchSource {
  if (!text.startsWith('$')) return { find: () => text };
  const lookup = compileLookup(compileResultPath(text).steps);
  return { path: text, find: (input) => lookup(input) };
}
