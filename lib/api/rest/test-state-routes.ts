import * as z from 'zod';
import { testOneState, withValues } from '../use-cases/test-state.ts';
import { type Route, route } from './route.ts';
import * as schemas from './schemas.ts';

const object = z.record(z.string(), schemas.json);

const mock = z
  .object({
    result: schemas.json.optional(),
    errorOutput: schemas.failureBody.optional(),
    fieldValidationMode: z.enum(['STRICT', 'PRESENT', 'NONE']).optional(),
  })
  .meta({ description: 'What is taken for the answer; absent: the task is really called.' });

const request = z.object({
  definition: object.meta({ description: 'Of a state, or with `stateName` of a workflow.' }),
  stateName: z.string().optional(),
  input: schemas.json.default({}),
  roleArn: z.string().optional(),
  inspectionLevel: z.enum(['INFO', 'DEBUG', 'TRACE']).default('DEBUG'),
  variables: object.optional(),
  mock: mock.optional(),
  context: object.optional(),
  stateConfiguration: z
    .object({
      retrierRetryCount: z.int().min(0).optional(),
      errorCausedByState: z.string().optional(),
      mapIterationFailureCount: z.int().min(0).optional(),
      mapItemReaderData: z.string().optional(),
    })
    .optional(),
});

const answer = z
  .object({
    status: z.enum(['SUCCEEDED', 'FAILED', 'RETRIABLE', 'CAUGHT_ERROR']),
    output: schemas.json.optional(),
    error: z.string().optional(),
    cause: z.string().optional(),
    nextState: z.string().optional(),
    inspectionData: z.record(z.string(), z.unknown()).optional(),
  })
  .meta({ id: 'StateTest', description: 'As in TestState of Step Functions, with values as JSON.' });

export const testStateRoutes: readonly Route[] = [
  route({
    method: 'post',
    path: '/v1/test-state',
    operationId: 'testState',
    summary: 'Test one state, with its task mocked or called',
    tag: 'workflows',
    body: request,
    replies: { 200: { description: 'What became of the state.', schema: answer } },
    refusals: ['definitionInvalid', 'inputInvalid', 'notSupported'],
    handle: async (services, { body }) => {
      const test = await testOneState(services, {
        ...body,
        definition: JSON.stringify(body.definition),
        input: JSON.stringify(body.input),
        variables: textOf(body.variables),
        context: textOf(body.context),
        mock: body.mock === undefined ? undefined : { ...body.mock, result: textOf(body.mock.result) },
        configuration: body.stateConfiguration,
        revealSecrets: false,
        // The protocol of Step Functions insists on a role; this engine calls tasks with its own where there is none.
        roleArn: body.roleArn ?? DEFAULT_ROLE,
      });
      return { status: 200, body: withValues(test, body.inspectionLevel) };
    },
  }),
];

const DEFAULT_ROLE = 'arn:aws:iam::000000000000:role/default';

function textOf(value: unknown): string | undefined {
  return value === undefined ? undefined : JSON.stringify(value);
}
