import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Definition } from '../../lib/language/definition.ts';
import { type Pattern, patternGroups, patterns, patternsOf } from '../../lib/patterns/index.ts';
import { diagramOf } from './diagram.ts';
import { type Scenario, tableOf } from './scenario.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

/** Every page of docs/patterns, by its path, made of the registry and the examples with their scenarios. */
export function patternPages(): ReadonlyMap<string, string> {
  return new Map([...patterns.map((pattern) => [pattern.page, page(pattern)] as const), [INDEX, index()]]);
}

const INDEX = 'docs/patterns/README.md';
const EXAMPLES = 'examples/patterns/';

function read(path: string): string {
  return readFileSync(ROOT + path, 'utf8').trimEnd();
}

function page(pattern: Pattern): string {
  const text = read(pattern.example);
  // Asserted: the tests load every example.
  const definition = JSON.parse(text) as Definition & { readonly Comment: string };
  const scenario = JSON.parse(read(scenarioOf(pattern))) as Scenario;
  return [
    `# ${pattern.id} ${pattern.name}`,
    `*${pattern.group}.* ${pattern.description}`,
    '| | |\n|---|---|',
    `| in a definition | ${pattern.shownBy} |\n| use it when | ${pattern.useWhen} |\n| not to be confused with | ${linked(pattern.confusedWith)} |`,
    '## An example',
    definition.Comment,
    fenced('mermaid', diagramOf(definition)),
    `This is [${fileOf(pattern.example)}](../../${pattern.example}); \`knhk patterns ${pattern.id}\` prints it.`,
    fenced('json', text),
    ...Object.entries(scenario.workflows ?? {}).flatMap(([name, file]) => [
      `It starts the workflow \`${name}\`, which is [${file}](../../${EXAMPLES}${file}).`,
      fenced('json', read(EXAMPLES + file)),
    ]),
    `Other patterns in it: ${others(pattern, definition)}.`,
    '## What happens',
    `Each of these runs is a test, in [${fileOf(scenarioOf(pattern))}](../../${scenarioOf(pattern)}). What is open can be started, or has been; what is not listed can be neither.`,
    ...scenario.runs.flatMap((run) => [`### ${capital(run.note)}`, tableOf(run)]),
  ]
    .join('\n\n')
    .replace('|---|---|\n\n|', '|---|---|\n|')
    .concat('\n');
}

function scenarioOf({ example }: Pattern): string {
  return example.replace(/\.asl\.json$/, '.scenario.json');
}

function fileOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function fenced(language: string, text: string): string {
  return `\`\`\`${language}\n${text}\n\`\`\``;
}

function others(pattern: Pattern, definition: Definition): string {
  const used = patternsOf(definition).filter(({ id }) => id !== pattern.id);
  return used.length === 0 ? 'none' : used.map(({ id }) => link(id)).join(', ');
}

function link(id: string): string {
  const target = patterns.find((pattern) => pattern.id === id);
  return target === undefined ? id : `[${id}](${fileOf(target.page)})`;
}

function linked(text: string): string {
  return text.replaceAll(/WCP-\d+/g, link);
}

function index(): string {
  const groups = patternGroups.map((group) => {
    const rows = patterns
      .filter((pattern) => pattern.group === group)
      .map(({ id, name, description, shownBy }) => `| ${link(id)} | ${name} | ${description} | ${shownBy} |`);
    return [`## ${group}`, ['| | | what it means | in a definition |', '|---|---|---|---|', ...rows].join('\n')];
  });
  return `${[INTRODUCTION, ...groups.flat(), NOTES].join('\n\n')}\n`;
}

const INTRODUCTION = `# The 43 control-flow patterns

Van der Aalst, ter Hofstede, Russell and Mulyar collected what workflows need of control flow in 43 patterns, WCP-1 to WCP-43 ([workflowpatterns.com](http://www.workflowpatterns.com)). Here each of them is a definition that runs: durable, replayed from its log, in both query languages. Each has a page with an example, a picture, and what happens in it step by step; the examples with their tests are in [examples/patterns](../../examples/patterns/README.md).

Of the 43, AWS Step Functions supports about 12 directly, Camunda 8 about 23, YAWL 31.

\`knhk patterns\` lists them, \`knhk patterns WCP-16\` prints an example, \`knhk validate\` tells which of them a definition uses, and where (\`--json\`). REST has the list at \`GET /v1/patterns\`; what it shows of a workflow and of an execution has the field \`patterns\`.`;

const NOTES = `## How a definition's patterns are found

Patterns are found by what the definition looks like, not by what its executions do. It is found out once for each revision of a workflow, and no execution stores it.

- WCP-5 and WCP-8 are the same fields; so are WCP-3 and WCP-33. The second of each pair is named where several tokens may come: where two branches of a split lead to the same state with no join between, where a name is listed several times, or where a split lies on a cycle without a join. Guards are not looked at, so it may be named although no execution ever has two tokens there.
- WCP-9 and WCP-28, WCP-30 and WCP-31 are one mechanism: a branch that arrives twice is always held back. On a cycle, where that can happen, both are named.
- WCP-7, WCP-37 and WCP-38 are one join, named by the net before it.
- WCP-20 is always possible from outside, so only definitions that end a case themselves, or have children that would end with it, are said to use it.
- WCP-25: tokens that reach a cancelled state later are not withdrawn; cancelling is done once.`;
