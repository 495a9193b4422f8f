/** The states of a scope and the arcs between them. */
export class Graph {
  readonly nodes: readonly string[];
  readonly #successors: ReadonlyMap<string, ReadonlySet<string>>;

  constructor(successors: ReadonlyMap<string, ReadonlySet<string>>) {
    this.nodes = [...successors.keys()];
    this.#successors = successors;
  }

  after(node: string): ReadonlySet<string> {
    return this.#successors.get(node) ?? NONE;
  }

  /** All that can be reached from a node, itself included; what is in `barrier` may be reached, but not left. */
  from(node: string, barrier: ReadonlySet<string> = NONE): ReadonlySet<string> {
    const found = new Set([node]);
    for (const at of found) {
      if (barrier.has(at)) continue;
      for (const next of this.after(at)) found.add(next);
    }
    return found;
  }

  /** All from which a node can be reached, itself only by way of a cycle. */
  before(node: string): ReadonlySet<string> {
    const sources = this.#reversed();
    const found = new Set(sources.get(node));
    for (const at of found) for (const source of sources.get(at) ?? []) found.add(source);
    return found;
  }

  /** This graph without some nodes. */
  without(removed: ReadonlySet<string>): Graph {
    const kept = this.nodes.filter((node) => !removed.has(node));
    return new Graph(
      new Map(kept.map((node) => [node, new Set([...this.after(node)].filter((next) => !removed.has(next)))])),
    );
  }

  /** The largest sets of nodes each of which can be reached from every other (Kosaraju), those without a cycle left out. */
  cycles(): readonly ReadonlySet<string>[] {
    const sources = this.#reversed();
    const seen = new Set<string>();
    const found: ReadonlySet<string>[] = [];
    for (const root of this.#finished().toReversed()) {
      if (seen.has(root)) continue;
      seen.add(root);
      const component = new Set([root]);
      for (const node of component) {
        for (const source of sources.get(node) ?? []) {
          if (seen.has(source)) continue;
          seen.add(source);
          component.add(source);
        }
      }
      if (component.size > 1 || this.after(root).has(root)) found.push(component);
    }
    return found.map((cycle) => new Set(this.nodes.filter((node) => cycle.has(node))));
  }

  /** All nodes, each after those that it leads to, but for cycles. */
  #finished(): readonly string[] {
    const finished: string[] = [];
    const seen = new Set<string>();
    for (const root of this.nodes) {
      if (seen.has(root)) continue;
      seen.add(root);
      const path = [{ node: root, ahead: this.after(root).values() }];
      for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
        const { value: next, done } = at.ahead.next();
        if (done === true) {
          finished.push(at.node);
          path.pop();
        } else if (!seen.has(next)) {
          seen.add(next);
          path.push({ node: next, ahead: this.after(next).values() });
        }
      }
    }
    return finished;
  }

  #sources: ReadonlyMap<string, ReadonlySet<string>> | undefined;

  #reversed(): ReadonlyMap<string, ReadonlySet<string>> {
    if (this.#sources !== undefined) return this.#sources;
    const sources = new Map<string, Set<string>>();
    for (const node of this.nodes) {
      for (const next of this.after(node)) {
        const known = sources.get(next);
        if (known === undefined) sources.set(next, new Set([node]));
        else known.add(node);
      }
    }
    this.#sources = sources;
    return sources;
  }
}

const NONE: ReadonlySet<string> = new Set();
