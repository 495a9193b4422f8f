import { describe, expect, it } from 'vitest';
import { checkDefinition, loadDefinition, refusalMessage } from '../../../lib/language/index.ts';
import type { Json, JsonObject } from '../../../lib/model/json.ts';
import { options } from '../compile/fixture.ts';

const lambda = 'arn:aws:lambda:us-east-1:111111111111:function:work';

function errors(definition: Json | string, type: 'STANDARD' | 'EXPRESS' = 'STANDARD'): string[] {
  return checkDefinition(definition, { type })
    .findings.filter(({ severity }) => severity === 'ERROR')
    .map(({ code, message, location }) => `${code} ${message} @ ${location ?? '-'}`);
}

/** What is wrong with one state that would otherwise be fine. */
function stateErrors(state: JsonObject, language = 'JSONPath'): string[] {
  const end = ['Succeed', 'Fail', 'Choice'].includes(String(state['Type'])) ? {} : { End: true };
  const extra = state['Type'] === 'Choice' ? { Z: { Type: 'Succeed' } } : {};
  return errors({ QueryLanguage: language, StartAt: 'S', States: { S: { ...end, ...state }, ...extra } });
}

describe('a text that is no definition', () => {
  it('is refused as Step Functions does', () => {
    expect(errors(' ')).toEqual(['SCHEMA_VALIDATION_FAILED Definition must be a valid JSON object @ -']);
    expect(errors('[]')).toEqual(['SCHEMA_VALIDATION_FAILED Definition must be a valid JSON object @ -']);
    expect(errors('{}')).toEqual(['SCHEMA_VALIDATION_FAILED These fields are required: [States, StartAt] @ /']);
    const place = '[Source: (String)"nope"; line: 1, column: 5]';
    expect(errors('nope')).toEqual([
      `INVALID_JSON_DESCRIPTION Unrecognized token 'nope': was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')\n at ${place} @ ${place}`,
    ]);
    expect(checkDefinition('\n  nope: 1\n').findings).toMatchObject([{ line: 2, column: 3 }]);
    expect(errors('{"StartAt": ')[0]).toMatch(/^INVALID_JSON_DESCRIPTION /);
  });

  it('may be neither too large nor nested too deeply', () => {
    const comment = 'x'.repeat(1_048_576);
    expect(errors(JSON.stringify({ Comment: comment, StartAt: 'S', States: { S: { Type: 'Succeed' } } }))[0]).toMatch(
      /larger/,
    );
    expect(errors(`${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`)[0]).toMatch(/^TOO_DEEPLY_NESTED/);
  });
});

describe('the graph', () => {
  const pass = (next?: string): JsonObject =>
    next === undefined ? { Type: 'Pass', End: true } : { Type: 'Pass', Next: next };

  it('has targets that exist, states that can be reached, and an end', () => {
    expect(errors({ StartAt: 'A', States: { A: pass('B'), B: pass() } })).toEqual([]);
    expect(errors({ StartAt: 'X', States: { A: pass() } })).toEqual([
      "MISSING_TRANSITION_TARGET Missing 'Next' target: X @ /StartAt",
      'MISSING_TRANSITION_TARGET State "A" is not reachable. @ /States/A',
    ]);
    expect(errors({ StartAt: 'A', States: { A: pass('B'), B: pass('A'), C: pass('C') } })).toEqual([
      'MISSING_END_STATE Workflow has no terminal state @ -',
    ]);
    expect(errors({ StartAt: 'A', States: { A: pass('B'), B: pass('A'), C: pass() } })).toEqual([
      'MISSING_TRANSITION_TARGET State "C" is not reachable. @ /States/C',
    ]);
    const choice = { Type: 'Choice', Choices: [{ Variable: '$', IsNull: true, Next: 'X' }], Default: 'Y' };
    expect(errors({ StartAt: 'A', States: { A: choice, B: pass() } })).toEqual([
      "MISSING_TRANSITION_TARGET Missing 'Next' target: Y @ /States/A/Default",
      "MISSING_TRANSITION_TARGET Missing 'Next' target: X @ /States/A/Choices[0]/Next",
      'MISSING_TRANSITION_TARGET State "B" is not reachable. @ /States/B',
    ]);
  });

  it('keeps scopes apart, but names unique', () => {
    const inner = { StartAt: 'B', States: { B: pass('C') } };
    expect(
      errors({ StartAt: 'A', States: { A: { Type: 'Parallel', Branches: [inner], Next: 'C' }, C: pass() } }),
    ).toEqual([
      "MISSING_TRANSITION_TARGET Missing 'Next' target: C @ /States/A/Branches[0]/States/B/Next",
      'MISSING_END_STATE Workflow has no terminal state @ -',
    ]);
    const twice = { StartAt: 'A', States: { A: pass() } };
    expect(errors({ StartAt: 'A', States: { A: { Type: 'Map', Iterator: twice, End: true } } })).toEqual([
      'DUPLICATE_STATE_NAME Duplicate State name: A @ /States/A/Iterator/States/A',
    ]);
    const name = 'n'.repeat(81);
    expect(errors({ StartAt: name, States: { [name]: pass() } })[0]).toMatch(/^INVALID_STATE_NAME/);
  });

  it('needs a way on from each state, and only one', () => {
    expect(errors({ StartAt: 'A', States: { A: { Type: 'Pass' }, B: pass() } })[0]).toMatch(
      /either 'Next' or 'End' @ \/States\/A$/,
    );
    expect(errors({ StartAt: 'A', States: { A: { ...pass('B'), End: true }, B: pass() } })[0]).toMatch(
      /both 'Next' and 'End'/,
    );
  });
});

describe('the fields of a state', () => {
  const task = { Type: 'Task', Resource: lambda };
  const map = { Type: 'Map', ItemProcessor: { StartAt: 'I', States: { I: { Type: 'Pass', End: true } } } };

  it.each<[string, JsonObject, string]>([
    [
      'unknown type',
      { Type: 'Nap' },
      'Value should be one of the following: [Pass, Task, Choice, Wait, Succeed, Fail, Parallel, Map, Place] @ /States/S/Type',
    ],
    ['unknown field', { Type: 'Pass', Typo: 1 }, "Field 'Typo' is not supported @ /States/S"],
    ['field of another type', { Type: 'Fail', End: true }, "Field 'End' is not supported @ /States/S"],
    ['wrong type of value', { Type: 'Pass', Comment: 1 }, 'Expected value of type [STRING] @ /States/S/Comment'],
    [
      'JSONata in JSONPath',
      { Type: 'Pass', Output: 1 },
      "The QueryLanguage is set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' QueryLanguage @ /States/S",
    ],
    ['Task without Resource', { Type: 'Task' }, 'These fields are required: [Resource] @ /States/S'],
    [
      'unknown resource',
      { ...task, Resource: 'arn:aws:states:::dynamodb:query' },
      'The resource provided arn:aws:states:::dynamodb:query is not recognized. The value is not a valid resource ARN, or the resource is not available in this region. @ /States/S/Resource',
    ],
    [
      'heartbeat',
      { ...task, TimeoutSeconds: 5, HeartbeatSeconds: 5 },
      "The value of 'HeartbeatSeconds' must be smaller than that of 'TimeoutSeconds' @ /States/S/HeartbeatSeconds",
    ],
    [
      'two timeouts',
      { ...task, TimeoutSeconds: 5, TimeoutSecondsPath: '$.t' },
      'Only one of these fields is allowed: [TimeoutSeconds, TimeoutSecondsPath] @ /States/S',
    ],
    ['zero timeout', { ...task, TimeoutSeconds: 0 }, 'Minimum value is 1 @ /States/S/TimeoutSeconds'],
    [
      'credentials',
      { ...task, Credentials: { x: 1 } },
      "The field 'RoleArn' is required but was missing @ /States/S/Credentials",
    ],
    [
      'path',
      { Type: 'Pass', InputPath: 'a.b' },
      "The value for the field 'InputPath' must be a valid JSONPath @ /States/S/InputPath",
    ],
    [
      'ResultPath',
      { ...task, ResultPath: '$.a[*]' },
      "The value for the field 'ResultPath' must be a valid reference path into the input @ /States/S/ResultPath",
    ],
    [
      'template',
      { Type: 'Pass', Parameters: { a: [{ 'b.$': 'x' }] } },
      "The value for the field 'b.$' must be a valid JSONPath or a valid intrinsic function call @ /States/S/Parameters/a[0]",
    ],
    [
      'variable name',
      { Type: 'Pass', Assign: { 'a-b': 1 } },
      "'a-b' is not a valid variable name: it must be an identifier of at most 80 characters @ /States/S/Assign",
    ],
    [
      'wait for nothing',
      { Type: 'Wait' },
      'One of these fields is required: [Seconds, SecondsPath, Timestamp, TimestampPath] @ /States/S',
    ],
    [
      'timestamp',
      { Type: 'Wait', Timestamp: 'soon' },
      'Value is not a valid ISO-8601 extended offset date-time format string @ /States/S/Timestamp',
    ],
    [
      'two causes',
      { Type: 'Fail', Cause: 'a', CausePath: '$.b' },
      'Only one of these fields is allowed: [Cause, CausePath] @ /States/S',
    ],
    ['no branches', { Type: 'Parallel' }, 'These fields are required: [Branches] @ /States/S'],
    ['no processor', { Type: 'Map' }, 'These fields are required: [ItemProcessor] @ /States/S'],
    ['concurrency', { ...map, MaxConcurrency: -1 }, 'Minimum value is 0 @ /States/S/MaxConcurrency'],
    [
      'language inside',
      { ...map, ItemProcessor: { ...map.ItemProcessor, QueryLanguage: 'JSONata' } },
      "Field 'QueryLanguage' is not supported @ /States/S/ItemProcessor",
    ],
    [
      'mode',
      { ...map, ItemProcessor: { ...map.ItemProcessor, ProcessorConfig: { Mode: 'FAST' } } },
      'Value should be one of the following: [INLINE, DISTRIBUTED] @ /States/S/ItemProcessor/ProcessorConfig/Mode',
    ],
    [
      'inline batches',
      { ...map, ItemBatcher: { MaxItemsPerBatch: 2 } },
      "Field 'ItemBatcher' is only supported in a distributed Map @ /States/S",
    ],
    [
      'empty choices',
      { Type: 'Choice', Choices: [], Default: 'Z' },
      "The field 'Choices' should be non-empty @ /States/S/Choices",
    ],
    [
      'two operators',
      { Type: 'Choice', Choices: [{ Variable: '$.a', IsNull: true, IsString: true, Next: 'Z' }] },
      'A choice rule must have exactly one operator; this one has 2. @ /States/S/Choices[0]',
    ],
    [
      'inner Next',
      { Type: 'Choice', Choices: [{ Not: { Variable: '$.a', IsNull: true, Next: 'Z' }, Next: 'Z' }] },
      "Field 'Next' is not supported @ /States/S/Choices[0]/Not",
    ],
    [
      'condition in JSONPath',
      { Type: 'Choice', Choices: [{ Condition: true, Next: 'Z' }] },
      "The QueryLanguage is set to 'JSONPath', but field 'Condition' is only supported for the 'JSONata' QueryLanguage @ /States/S/Choices[0]",
    ],
    [
      'wildcard not alone',
      { ...task, Retry: [{ ErrorEquals: ['States.ALL', 'A'] }] },
      "'States.ALL' must appear alone @ /States/S/Retry[0]/ErrorEquals",
    ],
    [
      'wildcard not last',
      {
        ...task,
        Catch: [
          { ErrorEquals: ['States.ALL'], Next: 'S' },
          { ErrorEquals: ['A'], Next: 'S' },
        ],
      },
      "'States.ALL' is only allowed in the last rule @ /States/S/Catch[0]/ErrorEquals",
    ],
    [
      'catcher without Next',
      { ...task, Catch: [{ ErrorEquals: ['A'] }] },
      'These fields are required: [Next] @ /States/S/Catch[0]',
    ],
    [
      'backoff',
      { ...task, Retry: [{ ErrorEquals: ['A'], BackoffRate: 0.5 }] },
      'Minimum value is 1 @ /States/S/Retry[0]/BackoffRate',
    ],
  ])('are refused: %s', (_name, state, expected) => {
    expect(stateErrors(state)).toEqual([`SCHEMA_VALIDATION_FAILED ${expected}`]);
  });

  it.each<[string, JsonObject, string | RegExp]>([
    [
      'JSONPath in JSONata',
      { Type: 'Pass', Parameters: {} },
      "SCHEMA_VALIDATION_FAILED The QueryLanguage is set to 'JSONata', but field 'Parameters' is only supported for the 'JSONPath' QueryLanguage @ /States/S",
    ],
    [
      'way back',
      { Type: 'Pass', QueryLanguage: 'JSONPath', Output: 1 },
      "SCHEMA_VALIDATION_FAILED 'QueryLanguage' can not be 'JSONPath' if set to 'JSONata' for whole state machine @ /States/S",
    ],
    [
      'syntax',
      { Type: 'Pass', Output: { v: '{% 1 + %}' } },
      /^INVALID_JSONATA_EXPRESSION .+ @ \/States\/S\/Output\/v$/,
    ],
    [
      'not closed',
      { Type: 'Pass', Output: ['{% 1'] },
      'INVALID_JSONATA_EXPRESSION A JSONata expression must begin with {% and end with %}, without characters before or after @ /States/S/Output[0]',
    ],
    [
      'bare name',
      { Type: 'Pass', Output: '{% phone %}' },
      "UNSUPPORTED_JSONATA_EXPRESSION Reference to 'phone' at the top level is not supported. @ /States/S/Output",
    ],
    [
      '$$',
      { Type: 'Pass', Output: '{% $$ %}' },
      "UNSUPPORTED_JSONATA_EXPRESSION Reference to '$$' is not supported. @ /States/S/Output",
    ],
    [
      'error outside a catcher',
      { Type: 'Pass', Output: '{% $states.errorOutput %}' },
      "UNSUPPORTED_JSONATA_EXPRESSION Field '$states.errorOutput' does not exist. @ /States/S/Output",
    ],
    [
      'result before it is there',
      { ...task, Arguments: '{% $states.result %}' },
      "UNSUPPORTED_JSONATA_EXPRESSION Field '$states.result' does not exist. @ /States/S/Arguments",
    ],
    [
      'choice rule',
      { Type: 'Choice', Choices: [{ Variable: '$.a', IsNull: true, Next: 'Z' }] },
      'SCHEMA_VALIDATION_FAILED These fields are required: [Condition] @ /States/S/Choices[0]',
    ],
  ])('are refused in JSONata: %s', (_name, state, expected) => {
    const [first] = stateErrors(state, 'JSONata');
    if (typeof expected === 'string') expect(first).toBe(expected);
    else expect(first).toMatch(expected);
  });

  it('accepts what each type allows', () => {
    const all: JsonObject[] = [
      { Type: 'Pass', Result: 1, ResultPath: '$.a', InputPath: null, OutputPath: '$', Assign: { 'v.$': '$' } },
      { Type: 'Task', Resource: lambda, TimeoutSecondsPath: '$t', HeartbeatSeconds: 1, Idempotent: true },
      { Type: 'Wait', SecondsPath: '$.a.b' },
      { Type: 'Fail', ErrorPath: "States.Format('{}', $.a)" },
      { Type: 'Succeed' },
      { ...map, ItemsPath: '$$.Execution.Input.list', ItemSelector: { 'a.$': '$$.Map.Item.Value' } },
    ];
    for (const state of all) expect(stateErrors(state)).toEqual([]);
    const jsonata: JsonObject[] = [
      { Type: 'Pass', Output: { a: '{%1%}', b: ' {% not one %} ', c: '{% $map([1], function($x) { $x.name }) %}' } },
      { Type: 'Task', Resource: lambda, TimeoutSeconds: '{% 1 %}', Output: '{% $states.result.a[b > 1] %}' },
      {
        Type: 'Task',
        Resource: lambda,
        Catch: [{ ErrorEquals: ['A'], Next: 'S', Output: '{% $states.errorOutput.Cause %}' }],
      },
    ];
    for (const state of jsonata) expect(stateErrors(state, 'JSONata')).toEqual([]);
  });
});

describe('an Express workflow', () => {
  it.each([
    ['arn:aws:states:::sqs:sendMessage.waitForTaskToken', ".waitForTaskToken' service integration"],
    ['arn:aws:states:::batch:submitJob.sync', ".sync' service integration"],
    ['arn:aws:states:us-east-1:111111111111:activity:a', 'activities'],
  ])('cannot wait for %s', (resource, expected) => {
    const definition = { StartAt: 'S', States: { S: { Type: 'Task', Resource: resource, End: true } } };
    expect(errors(definition, 'STANDARD')).toEqual([]);
    expect(errors(definition, 'EXPRESS')[0]).toContain(expected);
  });
});

describe('findings', () => {
  it('have a JSON pointer, and make the message of a refusal', () => {
    const { findings, definition } = checkDefinition({
      StartAt: 'a/b',
      States: {
        'a/b': {
          Type: 'Parallel',
          Branches: [{ StartAt: 'c', States: { c: { Type: 'Pass', Next: 'd' } } }],
          End: true,
        },
      },
    });
    expect(definition).toBeUndefined();
    expect(findings.map(({ pointer }) => pointer)).toEqual(['/States/a~1b/Branches/0/States/c/Next', '']);
    expect(refusalMessage(findings)).toBe(
      "Invalid State Machine Definition: 'MISSING_TRANSITION_TARGET: Missing 'Next' target: d at /States/a/b/Branches[0]/States/c/Next, " +
        "MISSING_END_STATE: Workflow has no terminal state at null'",
    );
  });

  it('that only warn do not refuse', () => {
    const loaded = loadDefinition(
      { StartAt: 'S', States: { S: { Type: 'Task', Resource: 'urn:mine', End: true } } },
      options,
    );
    expect(loaded.plan).toBeDefined();
    expect(loaded.findings).toMatchObject([
      { code: 'UNKNOWN_RESOURCE', severity: 'WARNING', pointer: '/States/S/Resource' },
    ]);
  });

  it('warn of an integration that the engine does not have', () => {
    const send = { Type: 'Task', Resource: 'arn:aws:states:::sqs:sendMessage', End: true };
    const states = { P: { Type: 'Parallel', Branches: [{ StartAt: 'S', States: { S: send } }], End: true } };
    const warning = {
      code: 'NOT_SUPPORTED_YET',
      severity: 'WARNING',
      pointer: '/States/P/Branches/0/States/S/Resource',
    };
    const load = (...integrations: string[]) =>
      loadDefinition({ StartAt: 'P', States: states }, { ...options, integrations: new Set(integrations) });
    expect(load('lambda:invoke')).toMatchObject({ plan: expect.anything(), findings: [warning] });
    expect(load('sqs:sendMessage').findings).toEqual([]);
  });
});
