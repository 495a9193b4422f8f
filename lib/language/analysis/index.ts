import type { Plan } from '../../model/plan.ts';
import { type Finding, jsonPointer, locationOf } from '../check/finding.ts';
import type { Definition } from '../definition.ts';
import { explore } from './explore.ts';
import { gameOf } from './game.ts';
import { neverStarted } from './never.ts';
import { orJoinCycles } from './or-join-cycles.ts';
import { describeScope, type ScopeReport } from './report.ts';
import { type PlacedScope, scopesIn } from './scopes.ts';

/**
 * What can go wrong in the nets of a definition, as warnings: it goes through what the tokens of each scope can do. All
 * of it is bounded, by counts and not by time, so that the same definition has the same findings everywhere.
 */
export function analyseDefinition(definition: Definition, plan: Plan): readonly Finding[] {
  const nets = scopesIn(definition, plan).filter((scope) => scope.plan.net !== undefined);
  // What one large scope may use up is shared by many small ones.
  const share = Math.max(1, Math.ceil(nets.length / 4));
  return nets.flatMap((scope) => {
    const about = describeScope(scope.plan, reportOn(scope, share));
    return about.map(({ steps, code, message }): Finding => {
      const path = [...scope.path, ...steps];
      return { pointer: jsonPointer(path), location: locationOf(path), code, message, severity: 'WARNING' };
    });
  });
}

const MOST_MARKINGS = 2000;
const MOST_MADE = 100_000;
const MOST_TOKENS = 12;
const MOST_STEPS = 3000;

function reportOn({ plan, definition }: PlacedScope, share: number): ScopeReport {
  const cycles = orJoinCycles(plan);
  const withDefault = Object.entries(definition.States).filter(([, state]) => 'Default' in state);
  const game = gameOf(plan, new Set(withDefault.map(([name]) => name)));
  if (game === undefined) return { cycles, never: [], game, exploration: undefined };
  const joined = [...plan.states.values()].filter(({ start }) => start?.join !== undefined || start?.milestone);
  const never = neverStarted(
    game,
    joined.map(({ name }) => name),
    MOST_STEPS / share,
  );
  const limits = {
    markings: MOST_MARKINGS / share,
    made: MOST_MADE / share,
    tokens: MOST_TOKENS,
    steps: MOST_STEPS / share,
  };
  return { cycles, never, game, exploration: explore(game, limits) };
}
