import type { Definition, ScopeDefinition, StateDefinition } from '../../lib/language/definition.ts';
import { expressionIn } from '../../lib/language/definition.ts';

/** A definition as a flowchart of Mermaid, which GitHub draws. Tasks are boxes, places are circles, joins are named in the box. */
export function diagramOf(definition: Definition): string {
  const drawing = new Drawing();
  drawing.scope(definition, '  ');
  return `flowchart LR\n${drawing.lines.join('\n')}`;
}

class Drawing {
  readonly lines: string[] = [];
  #count = 0;

  #id(): string {
    this.#count += 1;
    return `n${this.#count}`;
  }

  scope(scope: ScopeDefinition, indent: string): void {
    const ids = new Map(Object.keys(scope.States).map((name) => [name, this.#id()]));
    const idOf = (name: string) => ids.get(name) ?? name;
    const start = this.#id();
    this.lines.push(`${indent}${start}(( )) --> ${idOf(scope.StartAt)}`);
    for (const [name, state] of Object.entries(scope.States)) this.#state(scope, name, state, idOf(name), indent);
    for (const [name, state] of Object.entries(scope.States)) {
      for (const line of arrowsOf(name, state, idOf)) this.lines.push(indent + line);
      if ('End' in state && state.End === true) this.lines.push(`${indent}${idOf(name)} --> ${this.#id()}((( )))`);
    }
  }

  #state(scope: ScopeDefinition, name: string, state: StateDefinition, id: string, indent: string): void {
    const inner = innerScopes(state);
    const label = quoted([name, ...notesOf(scope, name, state)]);
    if (inner.length === 0) {
      const [open, close] = shapeOf(state);
      this.lines.push(`${indent}${id}${open}${label}${close}`);
      return;
    }
    this.lines.push(`${indent}subgraph ${id}[${label}]`);
    for (const branch of inner) this.scope(branch, `${indent}  `);
    this.lines.push(`${indent}end`);
  }
}

function innerScopes(state: StateDefinition): readonly ScopeDefinition[] {
  if (state.Type === 'Parallel') return state.Branches;
  if (state.Type !== 'Map') return [];
  const processor = state.ItemProcessor ?? state.Iterator;
  return processor === undefined ? [] : [processor];
}

function shapeOf(state: StateDefinition): readonly [string, string] {
  switch (state.Type) {
    case 'Place':
      return ['((', '))'];
    case 'Choice':
      return ['{', '}'];
    case 'Pass':
    case 'Wait':
      return ['(', ')'];
    case 'Succeed':
    case 'Fail':
      return ['([', '])'];
    case 'Task':
      return /:states:startExecution/.test(state.Resource) ? ['[[', ']]'] : ['[', ']'];
    case 'Parallel':
    case 'Map':
      return ['[', ']'];
  }
}

/** What a state waits for, and how it ends, in words below its name. */
function notesOf(scope: ScopeDefinition, name: string, state: StateDefinition): readonly string[] {
  const notes: string[] = [];
  if (state.Type === 'Map') notes.push(...mapNotes(state));
  if (state.Type === 'Succeed') notes.push('ends all, successfully');
  if (state.Type === 'Choice' && state.Select === 'All') notes.push('all that match');
  if (state.Type !== 'Place') {
    if (state.Join !== undefined) notes.push(`join ${joinText(state.Join)}`);
    if (state.Trigger !== undefined) {
      notes.push(`event ${state.Trigger.Event}${state.Trigger.Persistent === false ? ', not kept' : ''}`);
    }
  }
  for (const [mutex, groups] of Object.entries(scope.Mutex ?? {})) {
    const group = groups.findIndex((members) => [members].flat().includes(name));
    if (group !== -1) notes.push(`mutex ${mutex}, group ${group + 1}`);
  }
  return notes;
}

function mapNotes(map: Extract<StateDefinition, { Type: 'Map' }>): readonly string[] {
  const { Completion, Dynamic, Synchronize, Rest } = map;
  const enough = Completion?.Count ?? Completion?.Condition;
  return [
    'for each item',
    ...(Dynamic === true ? ['items can be added'] : []),
    ...(Synchronize === false ? ['nobody waits'] : []),
    ...(enough === undefined ? [] : [`until ${conditionText(String(enough))}`, `rest: ${Rest ?? 'keep'}`]),
  ];
}

function joinText(join: NonNullable<Extract<StateDefinition, { Type: 'Task' }>['Join']>): string {
  if (typeof join === 'string') return join;
  return 'Threads' in join ? `any ${join.Threads}` : `${join.Count}, ${join.Rest} the rest`;
}

function arrowsOf(name: string, state: StateDefinition, idOf: (name: string) => string): readonly string[] {
  const from = idOf(name);
  const arrow = (target: string, label = '', line = '-->') =>
    `${from} ${line}${label === '' ? '' : `|${quoted([label])}|`} ${idOf(target)}`;
  const lines: string[] = [];
  if ('Next' in state) lines.push(...together(state.Next).map(([target, label]) => arrow(target, label)));
  if (state.Type === 'Choice') {
    for (const rule of state.Choices) {
      for (const [target, times] of together(rule.Next))
        lines.push(arrow(target, [ruleText(rule), times].filter(Boolean).join(', ')));
    }
    for (const [target, times] of together(state.Default))
      lines.push(arrow(target, ['otherwise', times].filter(Boolean).join(', ')));
  }
  if ('Catch' in state) {
    for (const { ErrorEquals, Next } of state.Catch ?? []) {
      for (const [target] of together(Next)) lines.push(arrow(target, ErrorEquals.join(', ')));
    }
  }
  if (state.Type === 'Place') return lines;
  const { Cancels = [], Completes = [], Milestone, Join } = state;
  lines.push(...Cancels.map((target) => arrow(target, 'cancels', '-.->')));
  lines.push(...Completes.map((target) => arrow(target, 'completes', '-.->')));
  if (typeof Join === 'object' && 'Cancels' in Join) {
    lines.push(...(Join.Cancels ?? []).map((target) => arrow(target, 'cancels', '-.->')));
  }
  if (Milestone !== undefined) lines.push(`${idOf(Milestone)} -.->|"milestone"| ${from}`);
  return lines;
}

/** Each target once, with how many tokens go there if more than one. */
function together(next: string | readonly string[] | undefined): readonly (readonly [string, string])[] {
  const counts = new Map<string, number>();
  for (const target of [next ?? []].flat()) counts.set(target, (counts.get(target) ?? 0) + 1);
  return [...counts].map(([target, count]) => [target, count > 1 ? `×${count}` : ''] as const);
}

const OPERATORS: Readonly<Record<string, string>> = {
  GreaterThanEquals: '≥',
  LessThanEquals: '≤',
  GreaterThan: '>',
  LessThan: '<',
  Equals: '=',
};

/** A rule of a Choice: its expression, or its comparison in JSONPath. */
function ruleText(rule: Readonly<Record<string, unknown>>): string {
  if (typeof rule['Condition'] === 'string') return conditionText(rule['Condition']);
  for (const [field, value] of Object.entries(rule)) {
    const operator = Object.entries(OPERATORS).find(([name]) => field.endsWith(name));
    if (operator !== undefined) return `${String(rule['Variable'])} ${operator[1]} ${JSON.stringify(value)}`;
  }
  return 'if';
}

function conditionText(condition: string): string {
  return expressionIn(condition) ?? condition;
}

/** A label, its first line the name. */
function quoted(lines: readonly string[]): string {
  const escaped = lines.map((line) =>
    line.replaceAll('#', '#35;').replaceAll('"', '#quot;').replaceAll('<', '#lt;').replaceAll('>', '#gt;'),
  );
  return `"${escaped.join('<br>')}"`;
}
