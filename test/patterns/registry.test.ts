import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { patternPages } from '../../bin/pattern-pages/pages.ts';
import type { Scenario, Step } from '../../bin/pattern-pages/scenario.ts';
import { load } from '../../lib/execution/definitions.ts';
import type { Definition, ScopeDefinition, StateDefinition } from '../../lib/language/definition.ts';
import { patterns, patternsOf } from '../../lib/patterns/index.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
const folder = 'examples/patterns';

function read(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}

function definitionOf(path: string): Definition {
  const { definition } = load(read(path));
  if (definition === undefined) throw new Error(`${path} is refused.`);
  return definition;
}

const byId = patterns.map((pattern) => [pattern.id, pattern] as const);

it('has all 43, each once, in order', () => {
  expect(patterns.map(({ number }) => number)).toEqual(Array.from({ length: 43 }, (_, index) => index + 1));
  expect(new Set(patterns.map(({ name }) => name)).size).toBe(43);
});

/** Their examples can get stuck, and their scenarios or pages tell how. */
const SHOWING_DEADLOCKS: readonly string[] = ['WCP-11', 'WCP-38', 'WCP-41'];

describe('Examples', () => {
  it.each(byId)('%s is an example of itself', (id, { example }) => {
    expect(patternsOf(definitionOf(example)).map((use) => use.id)).toContain(id);
  });

  it.each(byId)('every place that %s is said to be used at is there', (_id, { example }) => {
    const definition: unknown = JSON.parse(read(example));
    const places = patternsOf(definitionOf(example)).flatMap(({ pointers }) => pointers);
    for (const pointer of places) expect(at(definition, pointer), pointer).toBeDefined();
  });

  it.each(byId)('%s has no findings but those it is there to show', (id, { example }) => {
    const { findings } = load(read(example));
    expect(SHOWING_DEADLOCKS.includes(id) ? [] : findings).toEqual([]);
    expect(findings.filter(({ severity }) => severity === 'ERROR')).toEqual([]);
  });

  it('are all of patterns, or what a scenario needs', () => {
    const named = patterns.flatMap(({ example }) => {
      const scenario = scenarioOf(example);
      return [scenario.definition, ...Object.values(scenario.workflows ?? {})];
    });
    const files = readdirSync(join(root, folder)).filter((name) => name.endsWith('.asl.json'));
    expect(files.toSorted()).toEqual(named.toSorted());
  });

  it('are in JSONata and in JSONPath, about half and half', () => {
    const jsonata = patterns.filter(({ example }) => definitionOf(example).QueryLanguage === 'JSONata').length;
    expect(Math.abs(jsonata - (patterns.length - jsonata))).toBeLessThanOrEqual(3);
  });
});

function at(value: unknown, pointer: string): unknown {
  const steps = pointer.split('/').slice(1);
  return steps.reduce<unknown>((inner, step) => {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    return (inner as Record<string, unknown> | undefined)?.[name];
  }, value);
}

function scenarioOf(example: string): Scenario {
  return JSON.parse(read(example.replace('.asl.json', '.scenario.json')));
}

describe('Scenarios', () => {
  it.each(byId)('%s has one, which names states of its example', (id, { example }) => {
    const scenario = scenarioOf(example);
    expect(`${folder}/${scenario.definition}`).toBe(example);
    expect(scenario.pattern).toBe(id);
    const files = [scenario.definition, ...Object.values(scenario.workflows ?? {})];
    const names = new Set(files.flatMap((file) => statesIn(definitionOf(`${folder}/${file}`))));
    const used = scenario.runs.flatMap(({ steps, completed }) => [
      ...steps.flatMap(namesIn),
      ...Object.keys(completed),
    ]);
    const parts = used.flatMap((name) => name.replace(/#\d+$/, '').split('/'));
    expect(parts.filter((name) => !names.has(name))).toEqual([]);
  });

  it.each(byId)('%s plays to an end, and looks at what is open', (_id, { example }) => {
    for (const { steps } of scenarioOf(example).runs) {
      expect(steps[0]?.do).toBe('start');
      expect(steps.every(({ open }) => open !== undefined)).toBe(true);
      expect(steps.some(({ status }) => status !== undefined && status !== 'RUNNING')).toBe(true);
    }
  });
});

function statesIn({ States }: ScopeDefinition): readonly string[] {
  return Object.entries(States).flatMap(([name, state]) => [name, ...innerOf(state).flatMap(statesIn)]);
}

function innerOf(state: StateDefinition): readonly ScopeDefinition[] {
  if (state.Type === 'Parallel') return state.Branches;
  return state.Type === 'Map' && state.ItemProcessor !== undefined ? [state.ItemProcessor] : [];
}

function namesIn({ state, child, open = [], waiting = [] }: Step): readonly string[] {
  return [state, child].flatMap((name) => (name === undefined ? [] : [name])).concat(open, waiting);
}

describe('Pages', () => {
  const pages = [...patternPages()];

  it.each(pages)('%s is up to date', (path, text) => {
    expect(read(path), 'run: node bin/pattern-pages.ts').toBe(text);
  });

  it('are one for each pattern and an index', () => {
    const files = readdirSync(join(root, 'docs/patterns')).map((name) => `docs/patterns/${name}`);
    expect(files.toSorted()).toEqual(pages.map(([path]) => path).toSorted());
    expect(files).toHaveLength(44);
  });

  it.each(pages)('%s links to what is there', (path, text) => {
    const links = [...text.matchAll(/\]\((?!http)([^)#]+)\)/g)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(0);
    for (const link of links) expect(existsSync(join(root, normalize(join(dirname(path), link)))), link).toBe(true);
  });
});
