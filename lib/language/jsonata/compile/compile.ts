import type { Eval, TailEval } from '../apply.ts';
import type { Node } from '../ast.ts';
import { truth } from '../convert.ts';
import { compileRegex } from '../regex/matcher.ts';
import { Frame } from '../run.ts';
import { settle } from '../value.ts';
import { compileApply, compileCall, compileLambda, compilePartial, compileTailCall } from './call.ts';
import type { Compiler } from './compiler.ts';
import { isPlain } from './compiler.ts';
import {
  compileArray,
  compileBind,
  compileBlock,
  compileCoalesce,
  compileCondition,
  compileElvis,
} from './construct.ts';
import { compileFilter } from './filter.ts';
import { compileGroup } from './group.ts';
import { compileBinary, compileNegate } from './operators.ts';
import { compileName, compilePath, evaluateDescendants, evaluateWildcard, unwrapped } from './path.ts';
import { compileTransform } from './transform.ts';

/** Turns a syntax tree into one closure. Nothing of the tree is looked at again when it runs. */
export function compileTree(tree: Node): Eval {
  const compiler = new TreeCompiler();
  const evaluate = compiler.compile(tree);
  const levels = compiler.deepest;
  return (input, frame) => {
    frame.run.enter(levels);
    const value = evaluate(input, frame);
    frame.run.leave(levels);
    return value;
  };
}

class TreeCompiler implements Compiler {
  private level = 0;
  /** Levels of the function, or tree, that is being compiled. */
  deepest = 0;

  compile(node: Node): Eval {
    this.level++;
    this.deepest = Math.max(this.deepest, this.level);
    const evaluate = this.decorated(node);
    this.level--;
    return evaluate;
  }

  compileBody(node: Node): { body: TailEval; levels: number } {
    const { level, deepest } = this;
    this.level = 0;
    this.deepest = 0;
    const body = this.tail(node);
    const levels = this.deepest + 2;
    this.level = level;
    this.deepest = deepest;
    return { body, levels };
  }

  /** Conditions and blocks hand their tail calls on; everything else ends here. */
  private tail(node: Node): TailEval {
    if (!isPlain(node)) return this.compile(node);
    switch (node.type) {
      case 'tail':
        return node.call.type === 'call' && isPlain(node.call) ? this.tailCall(node.call) : this.compile(node.call);
      case 'condition':
        return this.tailCondition(node);
      case 'block':
        return this.tailBlock(node);
      default:
        return this.compile(node);
    }
  }

  private tailCall(call: Node & { readonly type: 'call' }): TailEval {
    this.level++;
    this.deepest = Math.max(this.deepest, this.level);
    const evaluate = compileTailCall(call, this);
    this.level--;
    return evaluate;
  }

  private tailCondition(node: Node & { readonly type: 'condition' }): TailEval {
    const test = this.compile(node.test);
    const yes = this.tail(node.yes);
    const no = node.no && this.tail(node.no);
    return (input, frame) => (truth(test(input, frame), frame.run) ? yes(input, frame) : no?.(input, frame));
  }

  private tailBlock(node: Node & { readonly type: 'block' }): TailEval {
    const before = node.expressions.slice(0, -1).map((expression) => this.compile(expression));
    const final = node.expressions.at(-1);
    const last = final && this.tail(final);
    return (input, frame) => {
      frame.run.step(1);
      const scope = new Frame(frame.run, frame);
      for (const evaluate of before) evaluate(input, scope);
      return last?.(input, scope);
    };
  }

  private decorated(node: Node): Eval {
    let evaluate = this.expression(node);
    for (const predicate of node.predicates) {
      if (predicate.type === 'filter') {
        const inner = evaluate;
        const filter = compileFilter(predicate.test, this);
        evaluate = (input, frame) => filter(inner(input, frame), frame);
      }
    }
    if (node.group !== undefined && node.type !== 'path') {
      const inner = evaluate;
      const group = compileGroup(node.group.pairs, node.group.position, this);
      evaluate = (input, frame) => group(inner(input, frame), frame);
    }
    if (!yieldsSequence(node)) return evaluate;
    const { keepArray } = node;
    const unsettled = evaluate;
    return (input, frame) => settle(unsettled(input, frame), keepArray);
  }

  private expression(node: Node): Eval {
    switch (node.type) {
      case 'literal': {
        const { value } = node;
        return () => value;
      }
      case 'path':
        return compilePath(node, this);
      case 'name':
        return compileName(node.value);
      case 'variable':
        return compileVariable(node.name);
      case 'parent': {
        const { label } = node;
        return (_, frame) => frame.lookup(label);
      }
      case 'wildcard':
        return evaluateWildcard;
      case 'descendant':
        return evaluateDescendants;
      case 'binary':
        return compileBinary(node, this);
      case 'negate':
        return compileNegate(node, this);
      case 'array':
        return compileArray(node, this);
      case 'object':
        return compileGroup(node.pairs, node.position, this);
      case 'condition':
        return compileCondition(node, this);
      case 'coalesce':
        return compileCoalesce(node, this);
      case 'elvis':
        return compileElvis(node, this);
      case 'block':
        return compileBlock(node, this);
      case 'bind':
        return compileBind(node, this);
      case 'regex':
        return compileRegex(node.pattern, node.flags, node.position);
      case 'call':
        return compileCall(node, this);
      case 'tail':
        return this.compile(node.call);
      case 'partial':
        return compilePartial(node, this);
      case 'lambda':
        return compileLambda(node, this);
      case 'apply':
        return compileApply(node, this);
      case 'transform':
        return compileTransform(node, this);
      case 'sort':
        // Sort steps are run by their path, which sees the whole sequence.
        return (input) => input;
    }
  }
}

function compileVariable(name: string): Eval {
  return name === '' ? unwrapped : (_, frame) => frame.lookup(name);
}

/** Whether the value of a node may be a sequence that still has to be settled. */
function yieldsSequence(node: Node): boolean {
  if (node.predicates.length > 0 || node.keepArray || node.group !== undefined) return true;
  switch (node.type) {
    case 'literal':
    case 'negate':
    case 'object':
    case 'lambda':
    case 'regex':
    case 'partial':
    case 'transform':
      return false;
    case 'binary':
      return node.operator === '..';
    default:
      return true;
  }
}
