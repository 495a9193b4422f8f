import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { TestError } from './errors.ts';
import type { Mocks } from './mock.ts';
import { parseMocks } from './mock-schema.ts';
import type { TestCase } from './test-file.ts';

/** The mock configuration of Step Functions Local (AWS's developer guide, "Mocked service integrations"). */
const mockConfig = z.strictObject({
  StateMachines: z.record(
    z.string(),
    z.strictObject({ TestCases: z.record(z.string(), z.record(z.string(), z.string())) }),
  ),
  MockedResponses: z.record(z.string(), z.unknown()),
});

export type MockConfig = z.output<typeof mockConfig>;

export function isMockConfig(content: unknown): boolean {
  return typeof content === 'object' && content !== null && 'StateMachines' in content;
}

/** @throws TestError `Knhk.MockInvalid` */
export function readMockConfig(content: unknown, file: string): MockConfig {
  const { success, data, error } = mockConfig.safeParse(content);
  if (success) return data;
  throw new TestError('Knhk.MockInvalid', `${file} is no mock configuration. ${z.prettifyError(error)}`);
}

/** The mocks that a test case of the configuration gives to its states. @throws TestError `Knhk.MockInvalid` */
export function mocksOfCase(config: MockConfig, stateMachine: string, testCase: string): Mocks {
  const machine = config.StateMachines[stateMachine];
  const states = machine?.TestCases[testCase];
  if (states === undefined) {
    const known = machine === undefined ? Object.keys(config.StateMachines) : Object.keys(machine.TestCases);
    const what =
      machine === undefined ? `state machine '${stateMachine}'` : `test case '${testCase}' of '${stateMachine}'`;
    throw new TestError(
      'Knhk.MockInvalid',
      `The mock configuration has no ${what}; it has: ${known.join(', ') || 'none'}.`,
    );
  }
  const named = Object.entries(states).map(([state, response]) => {
    const mock = config.MockedResponses[response];
    if (mock !== undefined) return [state, mock] as const;
    const message = `The test case '${testCase}' gives state '${state}' the response '${response}', which MockedResponses has not.`;
    throw new TestError('Knhk.MockInvalid', message);
  });
  return parseMocks(Object.fromEntries(named), 'MockedResponses');
}

/**
 * Every test case of a configuration, for the definitions that lie beside it as `<state machine>.asl.json`. Such a case says
 * nothing of how the execution should end.
 */
export async function casesOfMockConfig(path: string, content: unknown): Promise<readonly TestCase[]> {
  const config = readMockConfig(content, path);
  return Object.entries(config.StateMachines).flatMap(([workflow, { TestCases }]) =>
    Object.keys(TestCases).map((name) => ({
      name: `${workflow}#${name}`,
      definition: definitionOf(path, workflow),
      workflow,
      workflows: {},
      type: 'STANDARD' as const,
      input: {},
      objects: {},
      events: [],
      buckets: undefined,
      mocks: mocksOfCase(config, workflow, name),
      expect: undefined,
      startTime: undefined,
      seed: undefined,
    })),
  );
}

function definitionOf(path: string, workflow: string): string {
  const candidates = ['.asl.json', '.json'].map((ending) => join(dirname(path), `${workflow}${ending}`));
  const found = candidates.find((candidate) => existsSync(candidate));
  if (found !== undefined) return found;
  throw new TestError(
    'Knhk.FileNotFound',
    `There is no definition of '${workflow}': it is looked for in ${candidates.join(' and ')}.`,
  );
}
