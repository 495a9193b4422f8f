import type { Node } from './nets.ts';

/**
 * Everything that tokens can do while one OR-join does not fire, one marking after another. Tokens are written as in
 * `marking` (nets.ts). Data, mutexes and events decide nothing; joins that count and other OR-joins fire at any token.
 */
export class BruteForce {
  readonly #nodes: Readonly<Record<string, Node>>;
  readonly #join: string;
  readonly #inputs: readonly string[];

  constructor(nodes: Readonly<Record<string, Node>>, join: string) {
    this.#nodes = nodes;
    this.#join = join;
    this.#inputs = this.#arcsInto(join);
  }

  /** `undefined`: there are too many markings to say. */
  decide(tokens: readonly string[], limits: { tokens: number; markings: number }): 'enabled' | 'waits' | undefined {
    const marked = this.#inputs.filter((input) => tokens.includes(input));
    if (marked.length === 0) return 'waits';
    const empty = this.#inputs.filter((input) => !marked.includes(input));
    if (empty.length === 0) return 'enabled';
    const seen = new Set([text(tokens)]);
    const work = [tokens];
    let isComplete = true;
    for (const current of work) {
      if (marked.every((input) => current.includes(input)) && empty.some((input) => current.includes(input))) {
        return 'waits';
      }
      for (const next of this.#successors(current)) {
        if (next.length > limits.tokens || seen.size > limits.markings) isComplete = false;
        else if (!seen.has(text(next))) {
          seen.add(text(next));
          work.push(next);
        }
      }
    }
    return isComplete ? 'enabled' : undefined;
  }

  #successors(tokens: readonly string[]): string[][] {
    return Object.keys(this.#nodes).flatMap((name) => [...this.#starts(name, tokens), ...this.#ends(name, tokens)]);
  }

  #starts(name: string, tokens: readonly string[]): string[][] {
    const { join, milestone, trigger } = this.#node(name);
    const mayStart = milestone === undefined || tokens.includes(milestone);
    const found: string[][] = [];
    const joined = mayStart ? without(tokens, [`=${name}`]) : undefined;
    if (joined !== undefined) found.push([...joined, name]);
    if (name === this.#join) return found;
    const arcs = this.#arcsInto(name);
    for (const taken of join?.kind === 'all' ? [arcs] : arcs.map((arc) => [arc])) {
      const rest = taken.length === 0 ? undefined : without(tokens, taken);
      if (rest === undefined) continue;
      if (join?.kind === 'count' && join.cancels !== undefined) {
        const kept = this.#withdrawn(
          rest,
          join.cancels.filter((other) => other !== name),
        );
        found.push([...kept.filter((token) => !arcs.includes(token)), `=${name}`]);
      } else if (join?.kind === 'count' || trigger !== undefined) found.push([...rest, `=${name}`]);
      else if (mayStart) found.push([...rest, name]);
    }
    return found;
  }

  #ends(name: string, tokens: readonly string[]): string[][] {
    const { next = [], ways, selectsAll, catches = [], cancels = [], isPlace } = this.#node(name);
    const rest = isPlace ? undefined : without(tokens, [name]);
    if (rest === undefined) return [];
    const arcs = (targets: readonly string[]) => targets.map((target) => this.#arc(name, target));
    const kept = this.#withdrawn(rest, cancels);
    const normal = ways === undefined ? [next] : selectsAll ? subsets(ways).map((some) => some.flat()) : ways;
    return [
      ...normal.map((targets) => [...kept, ...arcs(targets)]),
      ...catches.map((targets) => [...rest, ...arcs(targets)]),
    ];
  }

  /** A place is emptied with each state that it leads to. */
  #withdrawn(tokens: readonly string[], states: readonly string[]): string[] {
    return tokens.filter((token) => {
      const to = token.includes('>') ? token.slice(token.indexOf('>') + 1) : token.replace('=', '');
      const { isPlace, next = [] } = token === to ? this.#node(to) : {};
      return !states.includes(to) && !(isPlace && next.some((name) => states.includes(name)));
    });
  }

  #arcsInto(name: string): string[] {
    const names = Object.keys(this.#nodes);
    const before = names.filter((from) => {
      const { next = [], ways = [], catches = [] } = this.#node(from);
      return [...next, ...ways.flat(), ...catches.flat()].includes(name);
    });
    return [...(names[0] === name ? [`>${name}`] : []), ...before.map((from) => this.#arc(from, name))];
  }

  /** A token that rests in a place is on all arcs out of it. */
  #arc(from: string, to: string): string {
    return this.#node(from).isPlace ? from : `${from}>${to}`;
  }

  #node(name: string): Node {
    return this.#nodes[name] ?? {};
  }
}

function without(tokens: readonly string[], taken: readonly string[]): string[] | undefined {
  const rest = [...tokens];
  for (const token of taken) {
    const at = rest.indexOf(token);
    if (at === -1) return undefined;
    rest.splice(at, 1);
  }
  return rest;
}

function subsets<T>(items: readonly T[]): T[][] {
  return items.reduce<T[][]>((all, item) => all.concat(all.map((some) => some.concat([item]))), [[]]).slice(1);
}

function text(tokens: readonly string[]): string {
  return [...tokens].sort().join();
}
