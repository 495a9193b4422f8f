import type { Json } from './json.ts';

/** What executions are found by, beside workflow, status and time. Settled when an execution starts. */
export interface SearchFields {
  /** What the execution is about: the number of an order, say. */
  readonly businessKey?: string;
  /** Each once, in the order given. */
  readonly tags?: readonly string[];
  readonly attributes?: SearchAttributes;
}

export type SearchAttributes = Readonly<Record<string, SearchValue>>;
export type SearchValue = string | number | boolean;

/** Longest business key, tag, or text of an attribute, in characters. */
export const MAX_SEARCH_TEXT = 256;
export const MAX_TAGS = 20;
export const MAX_ATTRIBUTES = 20;
export const ATTRIBUTE_NAME = /^[A-Za-z_][\w.-]{0,63}$/;

/** Where a workflow's definition says that its executions have them. */
export interface SearchPlan {
  readonly businessKey?: SearchSource;
  readonly tags: readonly SearchSource[];
  readonly attributes: Readonly<Record<string, SearchSource>>;
}

/** `path`: as the definition has it; absent for what is the same for all executions. */
export interface SearchSource {
  readonly path?: string;
  /** `undefined`: it is not there. */
  readonly find: (input: Json) => Json | undefined;
}

/** One thing that does not fit: where it comes from, and what is wrong with it. */
export interface SearchProblem {
  /** The path in the definition, or the name of what was given. */
  readonly at: string;
  readonly message: string;
}

/** What the definition makes of an input; what is null or not there is left out. */
export function searchFieldsOf(
  plan: SearchPlan,
  input: Json,
): { readonly fields: SearchFields; readonly problems: readonly SearchProblem[] } {
  const problems: SearchProblem[] = [];
  const valueIn = (source: SearchSource, fits: (value: Json) => string | undefined): Json | undefined => {
    const value = source.find(input) ?? undefined;
    const message = value === undefined ? undefined : fits(value);
    if (message === undefined) return value;
    problems.push({ at: source.path ?? '', message });
    return undefined;
  };
  const businessKey = plan.businessKey && valueIn(plan.businessKey, keyProblem);
  const tags = plan.tags.flatMap((source) => {
    const found = valueIn(source, tagsProblem);
    return found === undefined ? [] : Array.isArray(found) ? found : [found];
  });
  const attributes = Object.entries(plan.attributes).flatMap(([name, source]) => {
    const value = valueIn(source, valueProblem);
    return value === undefined ? [] : [[name, value] as const];
  });
  const fields = {
    ...(businessKey === undefined ? {} : { businessKey: String(businessKey) }),
    ...(tags.length === 0 ? {} : { tags: tags.map(String) }),
    // The check has let through nothing else.
    ...(attributes.length === 0 ? {} : { attributes: Object.fromEntries(attributes) as SearchAttributes }),
  };
  return { fields, problems };
}

function keyProblem(value: Json): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return 'must be a string or a number';
  return textProblem(String(value));
}

function tagsProblem(value: Json): string | undefined {
  const all = Array.isArray(value) ? value : [value];
  if (!all.every((tag) => typeof tag === 'string')) return 'must be a string, or an array of strings';
  return all.map(textProblem).find((problem) => problem !== undefined);
}

function valueProblem(value: Json): string | undefined {
  if (typeof value === 'string') return textProblem(value);
  return typeof value === 'number' || typeof value === 'boolean'
    ? undefined
    : 'must be a string, a number or a boolean';
}

function textProblem(text: string): string | undefined {
  if (text.length > 0 && text.length <= MAX_SEARCH_TEXT) return undefined;
  return `must have 1 to ${MAX_SEARCH_TEXT} characters`;
}

/** What is wrong with fields as a whole: there are too many of them. */
export function searchBoundsProblem({ tags = [], attributes = {} }: SearchFields): string | undefined {
  if (tags.length > MAX_TAGS) return `An execution has at most ${MAX_TAGS} tags, and this one has ${tags.length}.`;
  const count = Object.keys(attributes).length;
  return count > MAX_ATTRIBUTES
    ? `An execution has at most ${MAX_ATTRIBUTES} attributes, and this one has ${count}.`
    : undefined;
}

/** Both together; where they differ, `given` holds. `undefined`: there is nothing. */
export function mergeSearchFields(declared: SearchFields, given: SearchFields): SearchFields | undefined {
  const businessKey = given.businessKey ?? declared.businessKey;
  const tags = [...new Set([...(declared.tags ?? []), ...(given.tags ?? [])])];
  const attributes = { ...declared.attributes, ...given.attributes };
  const merged = {
    ...(businessKey === undefined ? {} : { businessKey }),
    ...(tags.length === 0 ? {} : { tags }),
    ...(Object.keys(attributes).length === 0 ? {} : { attributes }),
  };
  return Object.keys(merged).length === 0 ? undefined : merged;
}

/** Each field as one text, by which lists are kept: two fields have the same one exactly if they are the same. */
export function labelsOf({ businessKey, tags = [], attributes = {} }: SearchFields): readonly string[] {
  return [
    ...(businessKey === undefined ? [] : [`key=${businessKey}`]),
    ...Object.entries(attributes).map(([name, value]) => `at:${name}=${JSON.stringify(value)}`),
    ...tags.map((tag) => `tag=${tag}`),
  ];
}

/** Whether an execution with these fields is one that is looked for by those. */
export function matchesSearch(fields: SearchFields | undefined, wanted: SearchFields): boolean {
  const labels = new Set(fields === undefined ? [] : labelsOf(fields));
  return labelsOf(wanted).every((label) => labels.has(label));
}
