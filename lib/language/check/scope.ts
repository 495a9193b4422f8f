import { isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import { inputSchema } from '../input-schema/check.ts';
import { usesNet } from '../net.ts';
import { mutex } from './coordination.ts';
import { checkNet } from './net.ts';
import { anything, checkFields, type Fields, flag, integer, oneOf, requireFields, text } from './rules.ts';
import { search } from './search.ts';
import type { Site } from './site.ts';
import { checkState, type Exits } from './state.ts';
import { suggestion } from './suggest.ts';

const inner: Fields = {
  StartAt: { rule: text },
  States: { rule: anything },
  Mutex: { rule: mutex },
  Comment: { rule: text },
};

const MAX_EXECUTION_SECONDS = 99_999_999;

/** The fields that may stand beside `States`, by what the scope belongs to. */
export const scopeFields = {
  definition: {
    ...inner,
    Version: { rule: text },
    QueryLanguage: { rule: oneOf('JSONPath', 'JSONata') },
    TimeoutSeconds: { rule: integer(1, MAX_EXECUTION_SECONDS) },
    Idempotent: { rule: flag },
    InputSchema: { rule: inputSchema },
    Search: { rule: search },
  },
  branch: inner,
  processor: { ...inner, ProcessorConfig: { rule: anything } },
} as const satisfies Record<string, Fields>;

/** Checks one set of states: the definition, a branch of a Parallel, or the processor of a Map. */
export function checkScope(scope: Json | undefined, site: Site, kind: keyof typeof scopeFields): void {
  if (!isJsonObject(scope)) return site.invalid('Expected value of type [OBJECT]');
  requireFields(scope, ['States', 'StartAt'], site);
  checkFields(scope, scopeFields[kind], site);
  const { States, StartAt } = scope;
  if (States === undefined) return;
  if (!isJsonObject(States)) return site.at('States').invalid('Expected value of type [OBJECT]');
  if (Object.keys(States).length === 0) return site.at('States').invalid("The field 'States' should be non-empty");
  const all = site.at('States');
  const exits = new Map<string, Exits>();
  for (const [name, state] of Object.entries(States)) {
    const at = all.at(name);
    checkName(name, at);
    exits.set(name, checkState(state, at, checkScope));
  }
  if (typeof StartAt === 'string') checkGraph(States, StartAt, exits, site);
  if (!site.check.extended) return;
  const edges = new Map([...exits].map(([name, exit]) => [name, exit.edges]));
  checkNet(scope, { states: States, edges, site });
}

export const MAX_NAME = 80;

function checkName(name: string, site: Site): void {
  const { stateNames } = site.check;
  if (stateNames.has(name)) site.report('DUPLICATE_STATE_NAME', `Duplicate State name: ${name}`);
  stateNames.add(name);
  if (name.length === 0 || name.length > MAX_NAME) {
    site.report('INVALID_STATE_NAME', `A state name must have 1 to ${MAX_NAME} characters`);
  }
}

function checkGraph(states: JsonObject, startAt: string, exits: ReadonlyMap<string, Exits>, site: Site): void {
  if (!exits.has(startAt)) missingTarget(startAt, exits, site.at('StartAt'));
  for (const [name, { edges }] of exits) {
    for (const { target, steps } of edges) {
      if (!exits.has(target)) missingTarget(target, exits, site.at('States').at(name).along(steps));
    }
  }
  const { findings, extended } = site.check;
  if (![...exits.values()].some(({ terminal }) => terminal)) {
    const message = 'Workflow has no terminal state';
    // A net ends in other ways too: by an error, or where nothing can happen any more.
    const severity = usesNet({ States: states }) ? 'WARNING' : 'ERROR';
    findings.push({ pointer: '', code: 'MISSING_END_STATE', message, severity });
    if (severity === 'ERROR') return;
  }
  const reached = reachable(startAt, exits);
  for (const name of Object.keys(states)) {
    if (reached.has(name)) continue;
    const at = site.at('States').at(name);
    if (extended)
      at.warn('UNREACHABLE_STATE', `State "${name}" is not reachable: lead a transition to it, or leave it out`);
    else at.report('MISSING_TRANSITION_TARGET', `State "${name}" is not reachable.`);
  }
}

function missingTarget(target: string, exits: ReadonlyMap<string, Exits>, site: Site): void {
  const hint = suggestion(site, target, exits.keys());
  site.report('MISSING_TRANSITION_TARGET', `Missing 'Next' target: ${target}`, 'ERROR', hint);
}

function reachable(startAt: string, exits: ReadonlyMap<string, Exits>): ReadonlySet<string> {
  const reached = new Set([startAt]);
  // A set can be added to while it is walked: what is added comes last.
  for (const name of reached) {
    for (const { target } of exits.get(name)?.edges ?? []) reached.add(target);
  }
  return reached;
}
