import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { definitionSchema } from '../../lib/language/index.ts';
import { program } from '../../lib/local/cli/program.ts';
import { CONFIGURATION_FILE } from '../../lib/local/configuration.ts';
import { HANDLERS, KnhkProcess, knhk, type Serving, serve, temporaryFolder } from './knhk-process.ts';

/** Commands as scripts use them: what goes to which stream, and the exit codes. */

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let server: Serving;
let url: readonly string[];

beforeAll(async () => {
  folder = await temporaryFolder();
  server = await serve(['--data-dir', join(folder.path, 'data'), '--handlers', HANDLERS]);
  url = ['--url', server.url];
});

afterAll(async () => {
  await server.process.stop('SIGKILL');
  await folder.remove();
});

async function definition(name: string, content: object): Promise<string> {
  const file = join(folder.path, `${name}.asl.json`);
  await writeFile(file, JSON.stringify(content));
  return file;
}

/** A distributed Map, whose children do what the state does. */
const distributed = (state: object, fields: object = {}) => ({
  StartAt: 'Each',
  States: {
    Each: {
      Type: 'Map',
      Label: 'All',
      ...fields,
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'Do',
        States: { Do: state },
      },
      End: true,
    },
  },
});

const outOfStock = JSON.stringify({ id: '7', card: 'x', items: [{ sku: 'unobtainium', quantity: 1, price: 1 }] });

describe.concurrent('run', () => {
  test('gives the output on standard output, and nothing else', async () => {
    const { code, out, err } = await knhk('run', 'examples/hello.asl.json', '--input', '{"name":"you"}', ...url);
    expect(JSON.parse(out)).toEqual({ greeting: 'Hello, you!' });
    expect(err).toMatch(/hello\/[0-9a-f-]{36} SUCCEEDED after /);
    expect(code).toBe(0);
  });

  test('gives all of an output that is larger than a pipe holds', async () => {
    const states = { P: { Type: 'Pass', Output: '{% [1..40000] %}', End: true } };
    const file = await definition('large', { QueryLanguage: 'JSONata', StartAt: 'P', States: states });
    const { code, out } = await knhk('run', file, ...url);
    expect(JSON.parse(out)).toHaveLength(40_000);
    expect(code).toBe(0);
  });

  test('reads the input from a file, and gives the whole execution with --json', async () => {
    const input = '@examples/hello.input.json';
    const args = ['--input', input, '--name', 'as-json', '--json', ...url];
    const { code, out } = await knhk('run', 'examples/hello.asl.json', ...args);
    expect(JSON.parse(out)).toMatchObject({
      id: 'as-json',
      workflow: 'hello',
      status: 'SUCCEEDED',
      input: { name: 'world' },
      output: { greeting: 'Hello, world!' },
    });
    expect(code).toBe(0);
  });

  test('ends with 2 when the execution fails, and says why', async () => {
    const { code, out, err } = await knhk('run', 'examples/order.asl.json', '--input', outOfStock, ...url);
    expect(err).toContain('FAILED after');
    expect(err).toContain('OutOfStock: There is no unobtainium for order 7.');
    expect(out).toBe('');
    expect(code).toBe(2);
  });

  test('ends with 2 when the definition is invalid, and names the place', async () => {
    const file = await definition('broken', { StartAt: 'A', States: { A: { Type: 'Pass', Next: 'B' } } });
    const { code, err } = await knhk('run', file, ...url);
    expect(err).toContain('error MISSING_TRANSITION_TARGET at /States/A/Next');
    expect(code).toBe(2);
  });

  test('ends with 4 when the time is over, and leaves the execution open', async () => {
    const waits = { StartAt: 'A', States: { A: { Type: 'Wait', Seconds: 3600, End: true } } };
    const file = await definition('waits', waits);
    const ended = await knhk('run', file, '--name', 'one', '--timeout', '0.2', ...url);
    expect(ended).toMatchObject({ code: 4, out: '' });
    const shown = await knhk('show', 'waits/one', '--json', ...url);
    expect(JSON.parse(shown.out)).toMatchObject({ status: 'RUNNING' });
  });

  test.each([
    ['a file that is not there', 3, ['run', 'nowhere.asl.json'], 'Knhk.FileNotFound'],
    ['input that is no JSON', 1, ['run', 'examples/hello.asl.json', '--input', '{'], 'Knhk.InputInvalid'],
    ['a server that does not answer', 5, ['run', 'examples/hello.asl.json', '--url', 'http://127.0.0.1:1'], '--url'],
    ['an option that there is not', 1, ['run', 'examples/hello.asl.json', '--bogus'], "unknown option '--bogus'"],
  ])('says so in one sentence: %s', async (_what, exitCode, args, said) => {
    const { code, out, err } = await knhk(...args);
    expect(err).toContain(said);
    expect(err).not.toContain('    at ');
    expect({ code, out }).toEqual({ code: exitCode, out: '' });
  });
});

describe.concurrent('run --watch', () => {
  test('shows states, attempts and failures, nested as they are', async () => {
    const item = { StartAt: 'Step', States: { Step: { Type: 'Pass', End: true } } };
    const fails = { StartAt: 'Stop', States: { Stop: { Type: 'Fail', Error: 'Boom' } } };
    const file = await definition('nested', {
      QueryLanguage: 'JSONata',
      StartAt: 'Each',
      States: {
        Each: { Type: 'Map', Items: '{% [1, 2] %}', MaxConcurrency: 1, ItemProcessor: item, Next: 'Both' },
        Both: {
          Type: 'Parallel',
          Branches: [item, fails].map((branch, at) =>
            JSON.parse(JSON.stringify(branch).replaceAll('Step', `Step${at}`)),
          ),
          Retry: [{ ErrorEquals: ['Boom'], IntervalSeconds: 1, MaxAttempts: 1 }],
          Catch: [{ ErrorEquals: ['States.ALL'], Next: 'Rest' }],
          End: true,
        },
        Rest: { Type: 'Wait', Seconds: 1, End: true },
      },
    });
    const { code, err } = await knhk('run', file, '--watch', ...url);
    const shown = err.split('\n').flatMap((line) => /^ *[\d.]+ s {2}(.*?)(?: {2}[\d.]+ s)?$/.exec(line)?.[1] ?? []);
    expect(shown).toEqual([
      '▸ Each  2 items',
      '  ✓ [0] Step',
      '  ✓ [1] Step',
      '✓ Each',
      '▸ Both',
      '  ✓ Step0',
      '  ✗ Stop',
      '↻ Both  attempt 2',
      '  ✓ Step0',
      '  ✗ Stop',
      '✗ Both  attempt 2 failed, a failure inside',
      '⤷ Both  caught a failure inside',
      '… Rest  waits',
      '✓ Rest',
    ]);
    expect(code).toBe(0);
  });

  test('says once why a map run has failed, and nothing of items that are not read yet', async () => {
    const reader = { Resource: 'arn:aws:states:::s3:getObject', Parameters: { Bucket: 'nowhere', Key: 'items.json' } };
    const ItemReader = { ...reader, ReaderConfig: { InputType: 'JSON' } };
    const file = await definition('files', distributed({ Type: 'Succeed' }, { ItemReader }));
    const { code, err } = await knhk('run', file, '--watch', ...url);
    const shown = err.split('\n').flatMap((line) => /^ *[\d.]+ s {2}(.*)$/.exec(line)?.[1] ?? []);
    expect(shown).toEqual(['▸ Each', expect.stringMatching(/^✗ Each {2}States\.ItemReaderFailed: .*nowhere/)]);
    expect(code).toBe(2);
  });

  test('keeps standard output for the result', async () => {
    const { out, err } = await knhk(
      'run',
      'examples/order.asl.json',
      '--input',
      outOfStock,
      '--watch',
      '--json',
      ...url,
    );
    expect(JSON.parse(out)).toMatchObject({ status: 'FAILED', error: 'OutOfStock' });
    expect(err).toContain('✗ [0] ReserveItem  OutOfStock: There is no unobtainium for order 7.');
  });
});

describe('executions, show, history', () => {
  beforeAll(async () => {
    await knhk(
      'run',
      'examples/hello.asl.json',
      '--workflow',
      'listed',
      '--name',
      'first',
      ...url,
      '--input',
      '{"name":1}',
    );
    await knhk(
      'run',
      'examples/order.asl.json',
      '--workflow',
      'listed',
      '--name',
      'second',
      ...url,
      '--input',
      outOfStock,
    );
  });

  test('executions lists the newest first', async () => {
    const { code, out } = await knhk('executions', '--workflow', 'listed', ...url);
    const [heading, ...rows] = out.trimEnd().split('\n');
    expect(heading).toMatch(/^EXECUTION +STATUS +STARTED +TOOK$/);
    expect(rows.map((row) => row.split(/ +/).slice(0, 2))).toEqual([
      ['listed/second', 'FAILED'],
      ['listed/first', 'SUCCEEDED'],
    ]);
    expect(code).toBe(0);
  });

  test('executions --json takes a status and a limit', async () => {
    const args = ['--workflow', 'listed', '--status', 'succeeded', '--limit', '1', '--json'];
    const { out } = await knhk('executions', ...args, ...url);
    expect(JSON.parse(out)).toMatchObject([{ id: 'first', status: 'SUCCEEDED' }]);
  });

  test('children of map runs are listed and shown by the name of their workflow, and not among all others', async () => {
    const file = await definition('parent', distributed({ Type: 'Fail', Error: 'Odd' }));
    await knhk('run', file, '--name', 'one', '--input', '[1]', ...url);
    const { out: all } = await knhk('executions', '--limit', '1000', ...url);
    expect(all).toMatch(/^parent\/one +FAILED/m);
    expect(all).not.toContain('parent/All');
    const { out: children } = await knhk('executions', '--workflow', 'parent/All', '--json', ...url);
    const [{ id }] = JSON.parse(children);
    const { out } = await knhk('show', `parent/All/${id}`, '--json', ...url);
    expect(JSON.parse(out)).toMatchObject({ id, workflow: 'parent/All', status: 'FAILED', error: 'Odd' });
    const { out: events } = await knhk('history', 'parent/one', ...url);
    expect(events).toMatch(/MapRunStarted +Each +arn:aws:states:.*:mapRun:parent\/All:one-\d+$/m);
  });

  test('show takes a name or an ARN', async () => {
    const { out: byName } = await knhk('show', 'listed/second', ...url);
    expect(byName).toMatch(/^status +FAILED$/m);
    expect(byName).toMatch(/^error +OutOfStock$/m);
    const arn = /^arn +(.+)$/m.exec(byName)?.[1] ?? '';
    const { out } = await knhk('show', arn, '--json', ...url);
    expect(JSON.parse(out)).toMatchObject({ id: 'second', arn, error: 'OutOfStock' });
  });

  test('history names states and items, and has everything in JSON', async () => {
    const { out } = await knhk('history', 'listed/second', ...url);
    expect(out).toMatch(/LambdaFunctionFailed +\[0\] ReserveItem +OutOfStock: There is no unobtainium for order 7\.$/m);
    expect(out).toMatch(/ExecutionFailed +OutOfStock/);
    const { out: json } = await knhk('history', 'listed/second', '--json', ...url);
    const events: readonly { id: number; type: string }[] = JSON.parse(json);
    expect(events.map(({ id }) => id)).toEqual(events.map((_, at) => at + 1));
    expect(events.at(0)).toMatchObject({ type: 'ExecutionStarted' });
    expect(events.at(-1)).toMatchObject({ type: 'ExecutionFailed' });
  });

  test('show names the state that failed the execution, and the states around it', async () => {
    const item = {
      StartAt: 'Check',
      States: {
        Check: { Type: 'Choice', Choices: [{ Variable: '$', NumericEquals: 2, Next: 'Refuse' }], Default: 'Good' },
        Good: { Type: 'Succeed' },
        Refuse: { Type: 'Fail', Error: 'Refused', Cause: 'Not this one.' },
      },
    };
    const Each = { Type: 'Map', MaxConcurrency: 1, ItemProcessor: item, End: true };
    const nested = {
      StartAt: 'Both',
      States: { Both: { Type: 'Parallel', Branches: [{ StartAt: 'Each', States: { Each } }], End: true } },
    };
    await knhk('run', await definition('nested', nested), '--name', 'one', '--input', '[1,2,3]', ...url);
    const { out } = await knhk('show', 'nested/one', ...url);
    expect(out).toMatch(/^state +Both > Each > \[1\] > Refuse\nerror +Refused\ncause +Not this one\.$/m);
  });

  test('redrive has an execution go on, also with another definition, which must have what is open', async () => {
    const broken = { StartAt: 'Check', States: { Check: { Type: 'Fail', Error: 'Refused' } } };
    await knhk('run', await definition('fragile', broken), '--name', 'one', ...url);
    const again = await knhk('redrive', 'fragile/one', '--wait', '10', ...url);
    expect([again.code, again.out]).toEqual([2, expect.stringMatching(/^fragile\/one FAILED after .*: Refused\n$/)]);
    const other = await definition('other', { StartAt: 'Other', States: { Other: { Type: 'Succeed' } } });
    const refused = await knhk('redrive', 'fragile/one', '--definition', other, ...url);
    expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('State "Check" is open and not in')]);
    const changed = await definition('changed', {
      StartAt: 'Check',
      States: { Check: { Type: 'Fail', Error: 'Late' } },
    });
    const late = await knhk('redrive', 'fragile/one', '--definition', changed, '--wait', '10', '--json', ...url);
    expect(JSON.parse(late.out)).toMatchObject({ status: 'FAILED', error: 'Late', redriveCount: 2 });
    const { out } = await knhk('show', 'fragile/one', ...url);
    expect(out).toMatch(/^redriven +2 times, last/m);
    const both = await knhk('redrive', 'fragile/one', '--definition', changed, '--latest', ...url);
    expect(both.code).toBe(1);
  });

  test.each([
    ['redrive', 'listed/none', 3],
    ['show', 'listed/none', 3],
    ['history', 'listed/none', 3],
    ['show', 'nonsense', 1],
  ])('%s %s ends with %i', async (command, name, exitCode) => {
    const { code, out, err } = await knhk(command, name, ...url);
    expect({ code, out }).toEqual({ code: exitCode, out: '' });
    expect(err).toMatch(/^knhk: .+ \(Knhk\.\w+\)\n$/);
  });
});

describe.concurrent('patterns', () => {
  test('are listed', async () => {
    const { code, out } = await knhk('patterns');
    expect(out.split('\n')[16]).toMatch(/^WCP-16 +Deferred Choice +State-based$/);
    expect({ code, lines: out.trimEnd().split('\n').length }).toEqual({ code: 0, lines: 44 });
  });

  test.each(['WCP-16', 'wcp-16', '16'])('%s prints its example', async (name) => {
    const { code, out, err } = await knhk('patterns', name);
    expect(JSON.parse(out).States.FaultOpen).toEqual({ Type: 'Place', Next: ['FixRemotely', 'VisitCustomer'] });
    expect({ code, says: err.includes('WCP-16 Deferred Choice') }).toEqual({ code: 0, says: true });
  });

  test('there is no other', async () => {
    expect(await knhk('patterns', 'WCP-44')).toMatchObject({ code: 3, out: '' });
  });
});

describe.concurrent('validate', () => {
  test('needs no server', async () => {
    expect(await knhk('validate', 'examples/order.asl.json')).toEqual({
      code: 0,
      out: 'examples/order.asl.json: valid, uses WCP-1 WCP-2 WCP-3 WCP-5 WCP-14\n',
      err: '',
    });
  });

  test('ends with 2 and the findings when something is wrong', async () => {
    const file = await definition('wrong', { StartAt: 'A', States: { A: { Type: 'Wait', End: true } } });
    const { code, out } = await knhk('validate', file, '--json');
    expect(JSON.parse(out)).toMatchObject({ valid: false, findings: [{ pointer: '/States/A', severity: 'ERROR' }] });
    expect(code).toBe(2);
  });

  test('says where it is wrong, and what was probably meant', async () => {
    const file = await definition('misspelled', { StartAt: 'A', States: { A: { Type: 'Pass', Nxt: 'A' } } });
    const { code, out } = await knhk('validate', file, 'examples/order.asl.json');
    expect(out).toMatch(
      /misspelled\.asl\.json:\d+:\d+: error SCHEMA_VALIDATION_FAILED at .*\. Did you mean 'Next'\?\n/,
    );
    expect(out).toMatch(/\nexamples\/order\.asl\.json: valid, uses .+\n$/);
    expect(code).toBe(2);
  });

  test('prints a schema for editors', async () => {
    const { code, out } = await knhk('schema');
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(definitionSchema());
  });

  test('tells where which pattern is used', async () => {
    const { out } = await knhk('validate', 'examples/patterns/wcp-16-deferred-choice.asl.json', '--json');
    expect(JSON.parse(out).patterns).toContainEqual({ id: 'WCP-16', pointers: ['/States/FaultOpen/Next'] });
  });

  test('tells what is done ahead of time, if asked', async () => {
    const file = await definition('ahead', {
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', Parameters: { 'n.$': 'States.MathAdd(1, 2)' }, Next: 'B' },
        B: { Type: 'Choice', Choices: [{ Variable: '$.n', NumericEquals: 3, Next: 'C' }], Default: 'C' },
        C: { Type: 'Succeed' },
      },
    });
    const { out } = await knhk('validate', file, '--plan');
    expect(out).toContain(': evaluated already at /States/A/Parameters/n.$: States.MathAdd(1, 2)\n');
    expect(out).toContain(': passed in one go: A, B\n');
    const { plan } = JSON.parse((await knhk('validate', file, '--plan', '--json')).out);
    expect(plan.fused).toEqual([{ states: ['A', 'B'] }]);
  });

  test('ends with 3 when there is no such file', async () => {
    expect(await knhk('validate', 'nowhere.asl.json')).toMatchObject({ code: 3, out: '' });
  });
});

test('commands look for the server at the port of the configuration file', async () => {
  await writeFile(join(folder.path, CONFIGURATION_FILE), '{ "port": 1 }');
  const { code, err } = await new KnhkProcess(['executions'], {}, folder.path).ended();
  expect(err).toContain('No server answers at http://localhost:1:');
  expect(code).toBe(5);
});

describe.concurrent('test-state', () => {
  test.each([
    ['no state is named', [], "This is a workflow: name one with --state, of 'Each', 'Do'."],
    [
      'there is no such state',
      ['--state', 'Eech'],
      "There is no state 'Eech': name one with --state, of 'Each', 'Do'.",
    ],
  ])('says which states there are when %s', async (what, args, said) => {
    const file = await definition(what.replaceAll(' ', '-'), distributed({ Type: 'Succeed' }));
    const { code, out, err } = await knhk('test-state', file, ...args);
    expect({ code, out, err }).toEqual({ code: 1, out: '', err: `knhk: ${said} (Knhk.StateNotFound)\n` });
  });

  test('finds a state inside of another, and takes a definition that is a state', async () => {
    const file = await definition('inner', distributed({ Type: 'Pass', Result: 1, End: true }));
    const inner = await knhk('test-state', file, '--state', 'Do', '--json');
    const alone = await knhk('test-state', await definition('alone', { Type: 'Pass', Result: 1, End: true }), '--json');
    expect([inner, alone].map(({ out }) => JSON.parse(out).output)).toEqual([1, 1]);
  });
});

describe('help', () => {
  test.each([
    'start',
    'serve',
    'run',
    'executions',
    'show',
    'history',
    'validate',
    'schema',
    'patterns',
    'test',
    'record',
  ])('%s has examples', (name) => {
    let shown = '';
    const command = program(() => {}).commands.find((known) => known.name() === name);
    command?.configureOutput({ writeOut: (text) => (shown += text) }).outputHelp();
    expect(shown).toContain(`Usage: knhk ${name}`);
    expect(shown).toContain('Examples:\n  ');
    expect(shown).toContain('--json');
  });

  test('says what the exit codes mean', async () => {
    const { code, out } = await knhk('--help');
    expect(out).toMatch(/Exit codes:\n {2}0 .+\n {2}1 /);
    expect(code).toBe(0);
  });
});
