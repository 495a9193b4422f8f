import { isJsonArray, isJsonObject, type Json } from '../../model/json.ts';
import { isKnown, type Scope } from './reference.ts';
import type { Site } from './site.ts';

/** Types of states that take no time: a token passes them, and occupies no group that they are not in. */
const automatic = ['Choice', 'Pass', 'Place'];

/** Checks the groups of mutexes against the states of their scope. */
export function checkMutexes(mutexes: Json, scope: Scope, site: Site): void {
  if (!isJsonObject(mutexes)) return;
  for (const [name, groups] of Object.entries(mutexes)) {
    if (isJsonArray(groups)) checkGroups(groups, scope, site.at(name));
  }
}

function checkGroups(groups: readonly Json[], scope: Scope, site: Site): void {
  const seen = new Map<string, number>();
  for (const [index, group] of groups.entries()) {
    const members = membersOf(group, site.at(index));
    for (const [member, at] of members) {
      if (!isKnown(member, scope, at)) continue;
      const before = seen.get(member);
      if (before !== undefined && before !== index) {
        const message = `'${member}' is in another group of this mutex already: a state can be in one group only`;
        at.report('MUTEX_GROUPS_OVERLAP', message);
      }
      seen.set(member, index);
    }
    warnOfGaps(new Set(members.map(([member]) => member)), scope, site.at(index));
  }
  if (groups.length === 1) {
    site.warn(
      'WITHOUT_EFFECT',
      `The mutex '${site.name}' has one group only, which excludes nobody: add another group`,
    );
  }
}

function membersOf(group: Json, site: Site): readonly (readonly [string, Site])[] {
  if (typeof group === 'string') return [[group, site]];
  if (!isJsonArray(group)) return [];
  return group.flatMap((name, index) => (typeof name === 'string' ? [[name, site.at(index)] as const] : []));
}

/** A token on its way from member to member through a state that is not listed occupies nothing meanwhile. */
function warnOfGaps(members: ReadonlySet<string>, scope: Scope, site: Site): void {
  if (members.size < 2) return;
  const leadsBack = new Set<string>();
  for (const name of members) {
    for (const found of gapsBehind(name, members, scope)) leadsBack.add(found);
  }
  for (const name of leadsBack) {
    const message = `A token can go through '${name}' from one state of the group to another, and does not occupy the group there: list '${name}' too, if it shall`;
    site.warn('MUTEX_GAP', message);
  }
}

/** The automatic states outside of a group by which a token can come from a member straight to another one. */
function gapsBehind(member: string, members: ReadonlySet<string>, scope: Scope): readonly string[] {
  const arrives = (name: string) => next(name, scope).some((target) => members.has(target) && target !== member);
  return passedFrom(member, members, scope).filter((name) => [name, ...passedFrom(name, members, scope)].some(arrives));
}

/** The automatic states outside of a group that a token can get to without passing any other state. */
function passedFrom(name: string, members: ReadonlySet<string>, scope: Scope): readonly string[] {
  const passed = new Set(next(name, scope).filter((target) => isGap(target, members, scope)));
  // A set can be added to while it is walked: what is added comes last.
  for (const gap of passed) {
    for (const target of next(gap, scope)) if (isGap(target, members, scope)) passed.add(target);
  }
  return [...passed];
}

function next(name: string, { edges }: Scope): readonly string[] {
  return (edges.get(name) ?? []).map(({ target }) => target);
}

function isGap(name: string, members: ReadonlySet<string>, { states }: Scope): boolean {
  const state = states[name];
  return !members.has(name) && isJsonObject(state) && automatic.includes(String(state['Type']));
}
