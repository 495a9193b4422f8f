import { isJsonArray, isJsonObject, type Json } from '../../model/json.ts';
import { expressionIn } from '../definition.ts';
import { builtins, JsonataSyntaxError, type Node, references } from '../jsonata/index.ts';
import type { Site } from './site.ts';
import { suggestion } from './suggest.ts';

/** Every string that begins or ends like an expression must be one, and must parse. */
export function checkJsonata(value: Json, site: Site): void {
  if (typeof value === 'string') {
    if (looksLikeExpression(value)) checkExpression(value, site);
  } else if (isJsonArray(value)) {
    for (const [index, item] of value.entries()) checkJsonata(item, site.at(index));
  } else if (isJsonObject(value)) {
    for (const [key, item] of Object.entries(value)) checkJsonata(item, site.at(key));
  }
}

export function looksLikeExpression(value: string): boolean {
  return value.startsWith('{%') || value.endsWith('%}');
}

function checkExpression(value: string, site: Site): void {
  const source = expressionIn(value);
  if (source === undefined) {
    site.report(
      'INVALID_JSONATA_EXPRESSION',
      'A JSONata expression must begin with {% and end with %}, without characters before or after',
    );
    return;
  }
  try {
    checkReferences(source, site.check.expressions.compile(source).tree, site);
  } catch (error) {
    if (!(error instanceof JsonataSyntaxError)) throw error;
    site.report('INVALID_JSONATA_EXPRESSION', error.message);
  }
}

/** Expressions of a definition have no context: all they can look at is variables and the members of `$states`. */
function checkReferences(source: string, tree: Node, site: Site): void {
  const { usesContext, variables, functions } = references(tree);
  if (usesContext) {
    const first = tree.type === 'path' ? (tree.steps[0] ?? tree) : tree;
    const what = first.type === 'name' ? `'${first.value}'` : 'the context';
    unsupported(`Reference to ${what} at the top level is not supported.`, site);
  }
  if (variables.includes('$')) unsupported("Reference to '$$' is not supported.", site);
  for (const name of functions) {
    if (builtins.has(name)) continue;
    const hint = suggestion(
      site,
      `$${name}`,
      [...builtins.keys()].map((known) => `$${known}`),
    );
    site.warn('UNKNOWN_FUNCTION', `There is no function '$${name}', so the expression will fail`, hint);
  }
  if (!unusualMember.test(source)) return;
  const members = new Set<string>();
  collectStatesMembers(tree, members);
  for (const member of members) {
    if (!stateMembers.has(member)) unsupported(`Unknown reserved states field: ${member}`, site);
    else if (!offered(member, site)) unsupported(`Field '$states.${member}' does not exist.`, site);
  }
}

/** Whether a text may read something of `$states` that is not always there: most do not, and walking a tree takes time. */
const unusualMember = /\$states[^.]|\$states\.(?!(?:input|context)\b)/;

function unsupported(message: string, site: Site): void {
  site.report('UNSUPPORTED_JSONATA_EXPRESSION', message);
}

const stateMembers: ReadonlySet<string> = new Set(['input', 'context', 'result', 'errorOutput']);

function offered(member: string, { offers }: Site): boolean {
  return member === 'input' || member === 'context' || member === offers;
}

/** Names that stand right behind `$states.`, anywhere in a tree. Trees are plain data, so all that is in them is looked at. */
function collectStatesMembers(node: unknown, found: Set<string>): void {
  if (typeof node !== 'object' || node === null) return;
  if ('steps' in node && Array.isArray(node.steps)) {
    const [first, second]: readonly unknown[] = node.steps;
    if (isNode(first, 'variable') && 'name' in first && first.name === 'states') {
      if (isNode(second, 'name') && 'value' in second) found.add(String(second.value));
    }
  }
  for (const child of Object.values(node)) collectStatesMembers(child, found);
}

function isNode(value: unknown, type: string): value is object {
  return typeof value === 'object' && value !== null && 'type' in value && value.type === type;
}
