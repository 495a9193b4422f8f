import type { ScopePlan } from '../../model/plan.ts';
import type { FindingCode } from '../check/finding.ts';
import type { Exploration, Found } from './explore.ts';
import type { Game } from './game.ts';
import type { Counts } from './marking.ts';

export interface ScopeReport {
  /** OR-joins that lie on a cycle with one another. */
  readonly cycles: readonly (readonly string[])[];
  /** States with a join or a milestone that can never start. */
  readonly never: readonly string[];
  /** Absent: some state has too many ways to go on. */
  readonly game: Game | undefined;
  readonly exploration: Exploration | undefined;
}

export interface About {
  /** From the scope. */
  readonly steps: readonly string[];
  readonly code: FindingCode;
  readonly message: string;
}

/** More of one kind in one scope say nothing new. */
const MOST_ALIKE = 5;

export function describeScope(scope: ScopePlan, { cycles, never, game, exploration }: ScopeReport): readonly About[] {
  const found: About[] = [];
  for (const [first = '', ...others] of cycles) {
    const message = `'${first}' and ${list(others)} are OR-joins on one cycle: where each waits for the other, the one that stands first in the document starts`;
    found.push({ steps: ['States', first, 'Join'], code: 'OR_JOINS_ON_CYCLE', message });
  }
  for (const name of never) {
    const isMilestone = scope.states.get(name)?.start?.join === undefined;
    const message = isMilestone
      ? `'${name}' can never start, for no token can come to it while one rests in its milestone`
      : `'${name}' can never start: the tokens that its join needs never come together`;
    const field = isMilestone ? 'Milestone' : 'Join';
    found.push({ steps: ['States', name, field], code: 'JOIN_NEVER_FIRES', message });
  }
  if (game === undefined || exploration === undefined) {
    found.push(incomplete('some state has too many ways to go on'));
    return found;
  }
  found.push(...deadlocks(game, exploration, new Set(never)));
  for (const { by, trace } of exploration.overtaken.slice(0, 1)) {
    const message = `'${by}' may end the scope while another token is on its way to it, which is then withdrawn (${after(trace)})`;
    found.push({ steps: ['States', by], code: 'IMPROPER_COMPLETION', message });
  }
  for (const [name, { trace }] of exploration.undecided) {
    const message = `the search that decides this OR-join may be given up before it ends, and then it waits (${after(trace)})`;
    found.push({ steps: ['States', name, 'Join'], code: 'OR_JOIN_UNDECIDED', message });
  }
  if (!exploration.isComplete) found.push(incomplete(`only ${exploration.markings} states of it were looked at`));
  return found;
}

function incomplete(why: string): About {
  const message = `not everything that can happen here was checked for deadlocks: ${why}`;
  return { steps: [], code: 'ANALYSIS_INCOMPLETE', message };
}

function deadlocks(game: Game, exploration: Exploration, never: ReadonlySet<string>): readonly About[] {
  const { canEnd, isComplete, dead } = exploration;
  const isCertain = isComplete && !canEnd;
  const found = new Map<string, About>();
  for (const each of dead) {
    const [at] = leftIn(game, each.tokens).filter((left) => isCertain || !never.has(left.state));
    if (at === undefined || found.has(at.state)) continue;
    const message = isCertain
      ? `this scope can only end in a deadlock, with ${at.what} (${after(each.trace)})`
      : `this scope may end in a deadlock, with ${at.what} (${after(each.trace)})`;
    const code = isCertain ? 'DEADLOCK' : 'POSSIBLE_DEADLOCK';
    found.set(at.state, { steps: ['States', at.state], code, message });
    if (isCertain || found.size === MOST_ALIKE) break;
  }
  return [...found.values()];
}

interface Left {
  readonly state: string;
  readonly what: string;
}

/** Where the tokens of a marking are, those that wait before states first. */
function leftIn({ spots, scope, rounds }: Game, tokens: Counts): readonly Left[] {
  const waiting: Left[] = [];
  const resting: Left[] = [];
  for (const [state, own] of spots) {
    const marked = [...own.arcs].filter(([, spot]) => spot < rounds && tokens.has(spot));
    const sources = marked.map(([source]) => source);
    if (tokens.has(own.joined) || sources.length > 0) {
      const from = sources.map((source) => (source === null ? 'StartAt' : `'${source}'`)).join(' and ');
      const what = `a token${from === '' ? '' : ` from ${from}`} left before '${state}'`;
      const isPlace = marked.every(([source]) => source !== null && scope.states.get(source)?.type === 'Place');
      (isPlace && !tokens.has(own.joined) ? resting : waiting).push({ state, what });
    }
    if (scope.states.get(state)?.type === 'Place' && tokens.has(own.inside)) {
      resting.push({ state, what: `a token left in the place '${state}'` });
    }
  }
  return [...waiting, ...resting];
}

const LONGEST_TRACE = 12;

function after(trace: Found['trace']): string {
  if (trace.length === 0) return 'at once';
  const shown = trace.length > LONGEST_TRACE ? ['…', ...trace.slice(-LONGEST_TRACE)] : trace;
  return `after ${shown.join(', ')}`;
}

function list(names: readonly string[]): string {
  return names.map((name) => `'${name}'`).join(', ');
}
