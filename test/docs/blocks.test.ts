import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { load } from '../../lib/execution/definitions.ts';
import type { Json } from '../../lib/model/json.ts';
import type { Block, Page } from './markdown.ts';
import { differences } from './output.ts';
import { pages, root } from './pages.ts';
import { Reader } from './reader.ts';

/**
 * Every code block of the documentation is checked by what it is:
 *
 * - `ts`: its types, against the project;
 * - `json`: its syntax; a definition (it has StartAt) as it is checked when it is registered;
 * - `sh`: it is run, in order, in a shell with a server of this project. `npm start`, `npm run serve` and
 *   `npx knhk serve` are that server; other npm scripts and `npx cdk` are only checked to exist;
 * - `text`: it must be what the commands before it print, but for ids and times; `text illustration` is not;
 * - `mermaid`: the kind of diagram.
 *
 * A block whose introduction ends in a file name and a colon is saved under that name, for the commands that follow.
 */
const LANGUAGES = ['ts', 'json', 'sh', 'text', 'mermaid'];

// Inside the project, so that imports resolve as a reader's do.
mkdirSync(join(root, '.knhk'), { recursive: true });
const folder = mkdtempSync(join(root, '.knhk', 'docs-'));
afterAll(() => rmSync(folder, { recursive: true }));

function folderOf(page: Page): string {
  return join(folder, page.path.replaceAll(/\W+/g, '-'));
}

function blocksOf(language: string): readonly (readonly [string, Page, Block])[] {
  return pages.flatMap((page) =>
    page.blocks
      .filter((block) => block.language === language)
      .map((block) => [`${page.path}:${block.line}`, page, block] as const),
  );
}

it('knows what to do with every block', () => {
  const strange = pages.flatMap((page) =>
    page.blocks
      .filter(({ language, isIllustration, line }) => {
        const before = page.blocks.findLast((block) => block.line < line);
        const follows = isIllustration || before?.language === 'sh';
        return !LANGUAGES.includes(language) || (language === 'text' && !follows);
      })
      .map(({ line, language }) => `${page.path}:${line} ${language}`),
  );
  expect(strange).toEqual([]);
});

describe('TypeScript', () => {
  let complaints = '';

  beforeAll(async () => {
    const files = blocksOf('ts').map(([, page, block]) => {
      const file = join(folder, 'types', folderOf(page).slice(folder.length), `line-${block.line}.ts`);
      mkdirSync(dirname(file), { recursive: true });
      const imports = block.text.replaceAll(/from '(?:\.\.?\/)+(lib|examples)\//g, `from '${root}/$1/`);
      writeFileSync(file, imports);
      return file;
    });
    const compilerOptions = { moduleDetection: 'force' };
    const config = join(folder, 'tsconfig.json');
    writeFileSync(config, JSON.stringify({ extends: `${root}/tsconfig.json`, compilerOptions, include: [], files }));
    const run = promisify(execFile)(join(root, 'node_modules/.bin/tsc'), ['--project', config], { cwd: root });
    complaints = await run.then(
      () => '',
      (error: { stdout: string }) => error.stdout,
    );
  });

  it.each(blocksOf('ts'))('%s has the right types', (_name, page, block) => {
    const file = `${folderOf(page).slice(folder.length + 1)}/line-${block.line}.ts`;
    expect(complaints.split('\n').filter((line) => line.includes(file))).toEqual([]);
  });

  it('complains of nothing else', () => {
    expect(complaints).toBe('');
  });
});

describe('JSON', () => {
  it.each(blocksOf('json'))('%s is valid', (_name, _page, block) => {
    const value: Json = JSON.parse(block.text);
    const isDefinition = typeof value === 'object' && value !== null && 'StartAt' in value;
    if (isDefinition) expect(load(block.text).findings).toEqual([]);
  });
});

describe('Diagrams', () => {
  it.each(blocksOf('mermaid'))('%s is one that Mermaid knows', (_name, _page, block) => {
    expect(block.text).toMatch(/^(flowchart (LR|TD)|sequenceDiagram|stateDiagram-v2)\n/);
  });
});

describe.concurrent('Commands', () => {
  const withCommands = pages.filter(({ blocks }) => blocks.some(({ language }) => language === 'sh'));

  it.each(withCommands.map((page) => [page.path, page] as const))(
    '%s can be followed',
    { timeout: 300_000 },
    async (_path, page) => {
      const reader = new Reader(root, folderOf(page));
      try {
        let printed: string | undefined;
        for (const block of page.blocks) {
          if (block.file !== undefined) reader.save(block.file, block.text);
          if (block.language === 'sh') printed = await reader.type(block);
          if (block.language !== 'text' || block.isIllustration || printed === undefined) continue;
          const difference = differences(block.text, printed);
          if (difference !== undefined) throw new Error(`${page.path}:${block.line}: ${difference}`);
        }
      } finally {
        await reader.leave();
      }
    },
  );
});
