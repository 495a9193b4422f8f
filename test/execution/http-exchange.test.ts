import { describe, expect, it } from 'vitest';
import { SystemClock, SystemIds } from '../../lib/adapters/system/index.ts';
import { type TrialParts, testState } from '../../lib/execution/test-state/index.ts';
import type { TaskOutcome } from '../../lib/ports/task-invoker.ts';

const definition = JSON.stringify({
  Type: 'Task',
  Resource: 'arn:aws:states:::http:invoke',
  Parameters: {
    ApiEndpoint: 'https://api.example.com/orders',
    Method: 'POST',
    Headers: { Accept: 'text/plain' },
    QueryParameters: { page: 2 },
    RequestBody: { id: 7 },
  },
  End: true,
});

const request = {
  definition,
  input: { value: {}, text: '{}' },
  roleArn: 'arn:aws:iam::123456789012:role/any',
  variables: {},
  configuration: {},
  revealSecrets: false,
};

/** An endpoint that gives this answer. */
function answering(outcome: TaskOutcome): TrialParts {
  return {
    clock: new SystemClock(),
    ids: new SystemIds(),
    place: { partition: 'aws', region: 'eu-central-1', account: '123456789012' },
    limitMs: 10_000,
    invoker: { invoke: () => Promise.resolve(outcome) },
  };
}

const sent = {
  protocol: 'https',
  method: 'POST',
  url: 'https://api.example.com/orders?page=2',
  headers: '{"Accept":"text/plain"}',
  body: '{"id":7}',
};

const answered = answering({
  kind: 'succeeded',
  output: { StatusCode: 200, StatusText: 'OK', Headers: { age: ['1'] }, ResponseBody: 'fine' },
});

describe('the exchange of an HTTP task', () => {
  it('is what was sent, and what came', async () => {
    const { inspection } = await testState(request, answered, true);
    expect(inspection).toMatchObject({
      request: sent,
      response: { protocol: 'https', statusCode: '200', statusMessage: 'OK', headers: '{"age":["1"]}', body: 'fine' },
    });
  });

  it('has the status of a refusal', async () => {
    const error = 'States.Http.StatusCode.404';
    const refusing = answering({ kind: 'failed', reason: 'failed', error, cause: 'none' });
    const { inspection, ...test } = await testState(request, refusing, true);
    expect(test).toEqual({ status: 'FAILED', error, cause: 'none' });
    expect(inspection).toMatchObject({
      request: sent,
      response: { protocol: 'https', statusCode: '404', body: 'none' },
    });
  });

  it('is shown only where it is asked for, and where there was one', async () => {
    const { inspection } = await testState(request, answered, false);
    expect(inspection).not.toHaveProperty('request');
    const result = { value: { StatusCode: 200 }, text: '{"StatusCode":200}' };
    const mock = { kind: 'result', result, validation: 'STRICT' } as const;
    const mocked = await testState({ ...request, mock }, answered, true);
    expect(mocked.inspection).not.toHaveProperty('request');
  });
});
