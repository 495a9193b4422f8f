import type { Node, Stage } from './ast.ts';

/** What an expression refers to from outside of itself. */
export interface References {
  /** Variables that are read but not bound on the way, by name without `$`; `$` stands for `$$`. Sorted. */
  readonly variables: readonly string[];
  /** Names under which functions are called (`$sum(…)`, `$sum(?)`), unless bound on the way. Sorted. */
  readonly functions: readonly string[];
  /** Whether the context (`$`, or a field without a variable before it) is used at the top level. */
  readonly usesContext: boolean;
}

/** Lists the free variables and called functions of an expression, for static checks. */
export function references(tree: Node): References {
  const finder = new Finder();
  finder.visit(tree, { bound: new Set() }, true);
  return {
    variables: [...finder.variables].sort(),
    functions: [...finder.functions].sort(),
    usesContext: finder.usesContext,
  };
}

interface Scope {
  /** Names bound so far; a binding is visible behind it, and in functions anywhere in its block. */
  readonly bound: Set<string>;
}

class Finder {
  readonly variables = new Set<string>();
  readonly functions = new Set<string>();
  usesContext = false;

  /** `top` tells whether the context is still the input of the whole expression. */
  visit(node: Node, scope: Scope, top: boolean): void {
    this.expression(node, scope, top);
    this.stages([...node.predicates, ...node.stages], scope);
    for (const [key, value] of node.group?.pairs ?? []) {
      this.visit(key, scope, false);
      this.visit(value, scope, false);
    }
  }

  private expression(node: Node, scope: Scope, top: boolean): void {
    switch (node.type) {
      case 'literal':
      case 'parent':
      case 'regex':
        return;
      case 'name':
      case 'wildcard':
      case 'descendant':
        this.usesContext ||= top;
        return;
      case 'variable':
        if (node.name === '') this.usesContext ||= top;
        else if (!scope.bound.has(node.name)) this.variables.add(node.name);
        return;
      case 'path':
        this.path(node.steps, scope, top);
        return;
      case 'object':
        for (const pair of node.pairs) for (const part of pair) this.visit(part, scope, top);
        return;
      case 'call':
      case 'partial':
        this.procedure(node.procedure, scope, top);
        for (const arg of node.args) if (arg !== undefined) this.visit(arg, scope, top);
        return;
      case 'lambda':
        this.visit(node.body, { bound: new Set([...scope.bound, ...node.params]) }, top);
        return;
      case 'block': {
        const inner = { bound: new Set([...scope.bound, ...node.expressions.flatMap(bindings)]) };
        for (const expression of node.expressions) this.visit(expression, inner, top);
        return;
      }
      case 'bind':
        scope.bound.add(node.name);
        this.visit(node.value, scope, top);
        return;
      case 'transform':
        for (const part of [node.pattern, node.update, node.remove])
          if (part !== undefined) this.visit(part, scope, false);
        return;
      case 'sort':
        for (const term of node.terms) this.visit(term.expression, scope, false);
        return;
      default:
        for (const child of children(node)) this.visit(child, scope, top);
    }
  }

  private path(steps: readonly Node[], scope: Scope, top: boolean): void {
    const names = steps.flatMap((step) => [step.focus, step.index, ...step.stages.map(indexName)]);
    const inner = { bound: new Set([...scope.bound, ...names.filter((name) => name !== undefined)]) };
    for (const [index, step] of steps.entries()) this.visit(step, inner, top && index === 0);
  }

  private procedure(node: Node, scope: Scope, top: boolean): void {
    if (node.type === 'variable' && node.name !== '') {
      if (!scope.bound.has(node.name)) this.functions.add(node.name);
    } else {
      this.visit(node, scope, top);
    }
  }

  private stages(stages: readonly Stage[], scope: Scope): void {
    for (const stage of stages) if (stage.type === 'filter') this.visit(stage.test, scope, false);
  }
}

function indexName(stage: Stage): string | undefined {
  return stage.type === 'index' ? stage.name : undefined;
}

/** Names that an expression binds in the block it stands in. */
function bindings(node: Node): string[] {
  if (node.type === 'bind') return [node.name, ...bindings(node.value)];
  return [];
}

function children(
  node: Node & { readonly type: 'binary' | 'negate' | 'array' | 'condition' | 'coalesce' | 'elvis' | 'tail' | 'apply' },
): readonly Node[] {
  switch (node.type) {
    case 'binary':
    case 'apply':
      return [node.left, node.right];
    case 'negate':
      return [node.expression];
    case 'array':
      return node.items;
    case 'condition':
      return node.no === undefined ? [node.test, node.yes] : [node.test, node.yes, node.no];
    case 'coalesce':
    case 'elvis':
      return [node.value, node.otherwise];
    case 'tail':
      return [node.call];
  }
}
