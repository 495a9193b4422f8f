import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import type { QueryLanguage } from '../../model/plan.ts';
import { type Edge, edgesOf } from '../net.ts';
import { isWorkItem } from '../work-item.ts';
import { checkChoice } from './choice.ts';
import { warnOfMissingEvent } from './event.ts';
import { isStateType, type StateType, stateForms, stateTypes, waitingFor } from './fields.ts';
import { checkMap } from './map.ts';
import { checkRecovery } from './recovery.ts';
import { checkResource } from './resource.ts';
import { exclusive as checkExclusive, checkFields, requireFields } from './rules.ts';
import type { Site } from './site.ts';
import { warnOfPathIn, warnOfStaticResult } from './static-path.ts';
import { suggestion } from './suggest.ts';
import { checkWorkItem } from './work-item.ts';

/** What the graph of a scope needs to know of a state. */
export interface Exits {
  readonly edges: readonly Edge[];
  /** Some token that enters the state may end there. */
  readonly terminal: boolean;
}

type CheckScope = (scope: Json | undefined, site: Site, kind: 'branch' | 'processor') => void;

const NO_EXITS: Exits = { edges: [], terminal: true };

/** Checks a state with everything in it, by means of `checkScope` for the scopes inside, and tells where it leads. */
export function checkState(state: Json, place: Site, checkScope: CheckScope): Exits {
  if (!isJsonObject(state)) {
    place.invalid('Expected value of type [OBJECT]');
    return NO_EXITS;
  }
  const { Type } = state;
  const type = typeof Type === 'string' && isStateType(Type) ? Type : undefined;
  if (Type === undefined) requireFields(state, ['Type'], place);
  else if (typeof Type !== 'string') place.at('Type').invalid('Expected value of type [STRING]');
  else if (type === undefined) {
    const hint = suggestion(place, Type, stateTypes);
    place.at('Type').invalid(`Value should be one of the following: [${stateTypes.join(', ')}]`, hint);
  }
  if (type === undefined) return { edges: edgesOf(state), terminal: true };
  const { language, downgraded } = stateLanguage(state, place);
  const site = place.in(language);
  if (downgraded) {
    site.invalid("'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine");
  }
  const { fields, required = [], exclusive = [] } = stateForms[type];
  checkFields(state, fields, site, { ignoreLanguage: downgraded });
  requireFields(state, required, site);
  for (const group of exclusive) checkExclusive(state, group, site);
  checkType(type, state, site, checkScope);
  warnOfMissingEvent(state, site);
  if ('End' in fields) checkTransition(state, site);
  return { edges: edgesOf(state), terminal: isTerminal(type, state) };
}

/** Only the exact name of JSONPath means JSONPath; anything else that is given counts as JSONata, as on Step Functions. */
function stateLanguage(state: JsonObject, site: Site): { language: QueryLanguage; downgraded: boolean } {
  const { QueryLanguage: own } = state;
  const { language: inherited } = site.check;
  if (own === undefined) return { language: inherited, downgraded: false };
  const language = own === 'JSONPath' ? 'JSONPath' : 'JSONata';
  return { language, downgraded: language === 'JSONPath' && inherited === 'JSONata' };
}

function checkType(type: StateType, state: JsonObject, site: Site, checkScope: CheckScope): void {
  switch (type) {
    case 'Task':
      checkHeartbeat(state, site);
      checkResource(state['Resource'], site.at('Resource'));
      if (isWorkItem(state['Resource'])) checkWorkItem(state, site);
      return checkRecovery(state, site);
    case 'Choice':
      return checkChoice(state, site);
    case 'Wait':
      return checkWait(state, site);
    case 'Pass': {
      const { Result } = state;
      if (Result !== undefined && site.language === 'JSONPath') warnOfStaticResult(Result, site.at('Result'));
      return;
    }
    case 'Fail':
      for (const name of ['Cancels', 'Completes']) {
        if (name in state) site.at(name).warn('WITHOUT_EFFECT', `A Fail never completes: leave '${name}' out`);
      }
      warnOfPathIn('Error', state['Error'], site);
      return warnOfPathIn('Cause', state['Cause'], site);
    case 'Succeed':
    case 'Place':
      return;
    case 'Parallel':
      return checkParallel(state, site, checkScope);
    case 'Map': {
      checkMap(state, site);
      const name = 'ItemProcessor' in state ? 'ItemProcessor' : 'Iterator';
      if (name in state) checkScope(state[name], inner(site.at(name)), 'processor');
      return checkRecovery(state, site);
    }
  }
}

/** Inside a branch or a processor the language is the definition's again, not that of the state around it. */
function inner(site: Site): Site {
  return site.in(site.check.language);
}

function checkParallel(state: JsonObject, site: Site, checkScope: CheckScope): void {
  const { Branches } = state;
  if (isJsonArray(Branches)) {
    if (Branches.length === 0) site.at('Branches').invalid("The field 'Branches' should be non-empty");
    for (const [index, branch] of Branches.entries())
      checkScope(branch, inner(site.at('Branches').at(index)), 'branch');
  }
  checkRecovery(state, site);
}

function checkWait(state: JsonObject, site: Site): void {
  if (waitingFor.some((name) => name in state)) return;
  site.invalid(`One of these fields is required: [${waitingFor.join(', ')}]`);
}

function checkHeartbeat({ TimeoutSeconds, HeartbeatSeconds }: JsonObject, site: Site): void {
  if (typeof TimeoutSeconds !== 'number' || typeof HeartbeatSeconds !== 'number') return;
  if (HeartbeatSeconds >= TimeoutSeconds) {
    site
      .at('HeartbeatSeconds')
      .invalid("The value of 'HeartbeatSeconds' must be smaller than that of 'TimeoutSeconds'");
  }
}

function checkTransition({ Next, End }: JsonObject, site: Site): void {
  if (Next !== undefined && End === true) site.invalid("A state cannot have both 'Next' and 'End'");
  if (Next === undefined && End !== true) site.invalid("A state must have either 'Next' or 'End'");
}

function isTerminal(type: string, state: JsonObject): boolean {
  return type === 'Succeed' || type === 'Fail' || state['End'] === true;
}
