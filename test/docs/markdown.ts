import { readFileSync } from 'node:fs';

/** A fenced code block of a page. */
export interface Block {
  /** The first word behind the fence. */
  readonly language: string;
  /** Whether `illustration` stands behind the language: an output that no command of the page gives. */
  readonly isIllustration: boolean;
  readonly text: string;
  /** The line of its fence, from 1. */
  readonly line: number;
  /** Where the text before it ends in `` `name.ts`: ``, the file that readers save it as. */
  readonly file: string | undefined;
}

/** A page of the documentation, as its tests look at it. */
export interface Page {
  /** Path from the project's root. */
  readonly path: string;
  readonly blocks: readonly Block[];
  /** Targets of links, as they are written. */
  readonly links: readonly string[];
  /** Inline code. */
  readonly code: readonly string[];
  /** Anchors of the headings, as GitHub makes them. */
  readonly anchors: ReadonlySet<string>;
  /** All but the code blocks. */
  readonly prose: string;
}

const FENCE = /^```(\S*) ?(.*)$/;
const NAMED = /`([\w./-]+\.\w+)`:$/;

export function readPage(root: string, path: string): Page {
  const lines = readFileSync(`${root}/${path}`, 'utf8').split('\n');
  const blocks: Block[] = [];
  const prose: string[] = [];
  let before = '';
  for (let at = 0; at < lines.length; at += 1) {
    const fence = FENCE.exec(lines[at] ?? '');
    if (fence === null) {
      const line = lines[at] ?? '';
      if (line !== '') before = line;
      prose.push(line);
      continue;
    }
    const end = lines.indexOf('```', at + 1);
    if (end === -1) throw new Error(`${path}:${at + 1}: the code block does not end.`);
    blocks.push({
      language: fence[1] ?? '',
      isIllustration: fence[2] === 'illustration',
      text: lines.slice(at + 1, end).join('\n'),
      line: at + 1,
      file: NAMED.exec(before)?.[1],
    });
    before = '';
    at = end;
  }
  const text = prose.join('\n');
  return {
    path,
    blocks,
    links: [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target),
    code: [...text.matchAll(/`([^`\n]+)`/g)].map(([, inline = '']) => inline),
    anchors: new Set([...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading))),
    prose: text,
  };
}

function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}
