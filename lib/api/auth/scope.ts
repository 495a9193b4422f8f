import { type ActionName, actionNames } from './action-names.ts';

/**
 * What somebody may do: `<area>:<verb>:<names>`, as in `executions:start:orders-*`. A `*` as area or verb is any; in
 * names it stands for any characters. What is left out at the end is any: `workitems` is `workitems:*:*`, `*` is all.
 */
export interface Scope {
  readonly area: string;
  readonly verb: string;
  /** Pattern of names of workflows or activities. */
  readonly names: string;
}

const ANY = '*';
/** As names of workflows and activities, but for their other bounds; and `*`. */
const NAMES = /^[^\s:?"#%\\^|~`$&,;/<>{}[\]]{1,80}$/u;

/** `undefined`: it is none, or of an area or verb that does not exist. */
export function parseScope(text: string): Scope | undefined {
  const [area = '', verb = ANY, names = ANY, ...rest] = text.split(':');
  const isKnown = [...actionNames].some((action) => {
    const [itsArea, itsVerb] = action.split(':');
    return (area === ANY || area === itsArea) && (verb === ANY || verb === itsVerb);
  });
  return isKnown && rest.length === 0 && NAMES.test(names) ? { area, verb, names } : undefined;
}

export function formatScope({ area, verb, names }: Scope): string {
  return `${area}:${verb}:${names}`;
}

/** Whether the scope allows the action on what has this name. */
export function allows(scope: Scope, action: ActionName, name: string): boolean {
  return allowsSome(scope, action) && matches(scope.names, name);
}

/** Whether the scope allows the action on anything. */
export function allowsSome({ area, verb }: Scope, action: ActionName): boolean {
  const [itsArea, itsVerb] = action.split(':');
  return (area === ANY || area === itsArea) && (verb === ANY || verb === itsVerb);
}

/** Whether the scope allows the action on everything. */
export function allowsAll(scope: Scope, action: ActionName): boolean {
  return allowsSome(scope, action) && scope.names === ANY;
}

/**
 * Whether everything that `part` allows is allowed by `whole`. Names: the pattern of `part`, read as a name, fits
 * `whole`; its `*` then falls on one of `whole`, as no name contains that character.
 */
export function covers(whole: Scope, part: Scope): boolean {
  const fits = (one: string, other: string) => one === ANY || one === other;
  return fits(whole.area, part.area) && fits(whole.verb, part.verb) && matches(whole.names, part.names);
}

/** Without backtracking over more than the last `*`: its time is bounded by the product of both lengths. */
function matches(pattern: string, name: string): boolean {
  let p = 0;
  let star = -1;
  let resume = 0;
  for (let n = 0; n < name.length; ) {
    if (pattern[p] === ANY) {
      star = p;
      resume = n;
      p += 1;
    } else if (p < pattern.length && pattern[p] === name[n]) {
      p += 1;
      n += 1;
    } else if (star >= 0) {
      p = star + 1;
      resume += 1;
      n = resume;
    } else return false;
  }
  while (pattern[p] === ANY) p += 1;
  return p === pattern.length;
}
