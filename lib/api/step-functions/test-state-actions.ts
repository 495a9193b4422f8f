import * as z from 'zod';
import { testOneState } from '../use-cases/test-state.ts';
import { action, checkRoleArn } from './action.ts';
import { arn, name, text } from './parameters.ts';

const MAX_PAYLOAD = 262_144;
const MAX_DEFINITION = 1_048_576;

const payload = text(0, MAX_PAYLOAD);

const mock = z.object({
  result: payload.optional(),
  errorOutput: z.object({ error: text(0, 256).optional(), cause: text(0, 32_768).optional() }).optional(),
  fieldValidationMode: z.enum(['STRICT', 'PRESENT', 'NONE']).optional(),
});

const configuration = z.object({
  retrierRetryCount: z.int().min(0).optional(),
  errorCausedByState: name.optional(),
  mapIterationFailureCount: z.int().min(0).optional(),
  mapItemReaderData: payload.optional(),
});

const TestState = action(
  z.object({
    definition: text(1, MAX_DEFINITION),
    roleArn: arn.optional(),
    input: payload.default('{}'),
    inspectionLevel: z.enum(['INFO', 'DEBUG', 'TRACE']).default('INFO'),
    revealSecrets: z.boolean().default(false),
    variables: payload.optional(),
    stateName: name.optional(),
    mock: mock.optional(),
    context: text(0, 40_000).optional(),
    stateConfiguration: configuration.optional(),
  }),
  async (services, { stateConfiguration, ...parameters }) => {
    if (parameters.roleArn !== undefined) checkRoleArn(parameters.roleArn);
    const { inspection, ...outcome } = await testOneState(services, {
      ...parameters,
      configuration: stateConfiguration,
    });
    return { ...outcome, ...(parameters.inspectionLevel === 'INFO' ? {} : { inspectionData: inspection }) };
  },
);

export const testStateActions = { TestState } as const;
