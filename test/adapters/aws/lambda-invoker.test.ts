import { execFileSync } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AwsClients } from '../../../lib/adapters/aws/clients.ts';
import { LambdaInvoker } from '../../../lib/adapters/aws/lambda-invoker.ts';
import type { TaskAssignment } from '../../../lib/model/effect.ts';
import type { Json } from '../../../lib/model/json.ts';
import type { IntegrationPattern } from '../../../lib/model/plan.ts';
import { freePort } from './emulators.ts';
import { FakeLambda, fails, refuses, returns } from './fake-lambda.ts';

const FUNCTION = 'arn:aws:lambda:us-east-1:123456789012:function:work';
const never = new AbortController().signal;

function assignment(input: Json, resource: TaskAssignment['resource']): TaskAssignment {
  const execution = 'arn:aws:states:us-east-1:123456789012:execution:order:1';
  // The id is opaque to invokers.
  const activation = 7 as TaskAssignment['activation'];
  return {
    execution,
    activation,
    attempt: 1,
    workflowRoleArn: 'arn:aws:iam::123456789012:role/of-the-workflow',
    scheduledAt: 0,
    state: 'Work',
    idempotencyKey: `${execution}#7`,
    resource,
    input,
  };
}

function direct(input: Json): TaskAssignment {
  return assignment(input, { kind: 'lambda', arn: FUNCTION, functionName: 'work' });
}

function service(input: Json, pattern: IntegrationPattern = 'requestResponse'): TaskAssignment {
  const arn = 'arn:aws:states:::lambda:invoke';
  return assignment(input, { kind: 'service', arn, service: 'lambda', action: 'invoke', pattern });
}

describe('LambdaInvoker', () => {
  const lambda = new FakeLambda();
  let clients: AwsClients;
  let invoker: LambdaInvoker;

  beforeAll(async () => {
    clients = new AwsClients({ endpoints: { lambda: await lambda.start() } });
    invoker = new LambdaInvoker({ client: (role) => clients.lambda(role) });
  });

  afterAll(() => {
    clients.destroy();
    lambda.stop();
  });

  beforeEach(() => {
    lambda.functions.clear();
    lambda.invocations.length = 0;
  });

  it('answers with what the function returned', async () => {
    lambda.functions.set('work', ({ body }) => ({ body }));
    for (const value of [{ a: [1, 'é'] }, 'text', 0, true, null, []]) {
      expect(await invoker.invoke(direct(value), never)).toEqual({ kind: 'succeeded', output: value });
    }
  });

  it('answers lambda:invoke as Step Functions does', async () => {
    lambda.functions.set('work', returns({ done: true }));
    const outcome = await invoker.invoke(service({ FunctionName: FUNCTION, Payload: { a: 1 } }), never);
    const headers = {
      Connection: 'keep-alive',
      'Content-Type': 'application/json',
      Date: expect.any(String),
      'Keep-Alive': expect.any(String),
      'Transfer-Encoding': 'chunked',
      'X-Amz-Executed-Version': '$LATEST',
      'x-amzn-RequestId': 'b6a2d3c4-0000-4000-8000-000000000001',
    };
    expect(outcome).toEqual({
      kind: 'succeeded',
      output: {
        ExecutedVersion: '$LATEST',
        Payload: { done: true },
        SdkHttpMetadata: {
          AllHttpHeaders: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
          HttpHeaders: headers,
          HttpStatusCode: 200,
        },
        SdkResponseMetadata: { RequestId: 'b6a2d3c4-0000-4000-8000-000000000001' },
        StatusCode: 200,
      },
    });
    expect(lambda.invocations[0]).toMatchObject({ functionName: FUNCTION, body: '{"a":1}' });
  });

  it.each([
    [null, ''],
    [{ a: 1 }, '{"a":1}'],
    ['0.0', '0.0'],
    ['"quoted"', '"quoted"'],
    ['plain', '"plain"'],
    [5, '5'],
  ])('sends the payload %j as %s', async (Payload, body) => {
    lambda.functions.set('work', returns(1));
    await invoker.invoke(service({ FunctionName: 'work', Payload }), never);
    expect(lambda.invocations[0]?.body).toBe(body);
  });

  it('hands on the other parameters', async () => {
    lambda.functions.set('work', () => ({ status: 202, body: '' }));
    const parameters = {
      InvocationType: 'Event',
      LogType: 'Tail',
      Qualifier: 'live',
      ClientContext: { custom: { a: 1 } },
    };
    const outcome = await invoker.invoke(service({ FunctionName: 'work', ...parameters }), never);
    expect(outcome).toMatchObject({ kind: 'succeeded', output: { Payload: '', StatusCode: 202 } });
    expect(lambda.invocations[0]?.headers).toMatchObject({
      'x-amz-invocation-type': 'Event',
      'x-amz-log-type': 'Tail',
      'x-amz-client-context': Buffer.from('{"custom":{"a":1}}').toString('base64'),
    });
  });

  it('tells the function the idempotency key', async () => {
    lambda.functions.set('work', returns(1));
    await invoker.invoke(direct({}), never);
    const context = Buffer.from(String(lambda.invocations[0]?.headers['x-amz-client-context']), 'base64').toString();
    expect(JSON.parse(context)).toEqual({
      custom: { 'knhk-idempotency-key': 'arn:aws:states:us-east-1:123456789012:execution:order:1#7' },
    });
  });

  it('fails with the type of the error that the function threw', async () => {
    const payload = '{"errorMessage": "no stock", "errorType":"OutOfStock","stackTrace":[]}';
    lambda.functions.set('work', fails(payload));
    const failure = { kind: 'failed', error: 'OutOfStock', cause: payload, reason: 'failed' };
    expect(await invoker.invoke(direct({}), never)).toEqual(failure);
    expect(await invoker.invoke(service({ FunctionName: 'work' }), never)).toEqual(failure);
    expect(lambda.invocations).toHaveLength(2);
  });

  it('fails with Lambda.Unknown where the function gave no type', async () => {
    lambda.functions.set('work', fails('{"errorMessage":"Task timed out after 3.00 seconds"}'));
    expect(await invoker.invoke(direct({}), never)).toMatchObject({
      error: 'Lambda.Unknown',
      cause: expect.stringContaining('Task timed out after 3.00 seconds'),
    });
  });

  it('fails with the error of the service, and does not call twice', async () => {
    const expected = {
      kind: 'failed',
      error: 'Lambda.ResourceNotFoundException',
      cause:
        'Function not found: arn:aws:lambda:us-east-1:123456789012:function:none:$LATEST (Service: AWSLambda; Status Code: 404; Error Code: ResourceNotFoundException; ' +
        'Request ID: b6a2d3c4-0000-4000-8000-000000000001; Proxy: null)',
      reason: 'failed',
    };
    expect(await invoker.invoke(service({ FunctionName: 'none' }), never)).toEqual(expected);
    lambda.functions.set('work', refuses(429, 'TooManyRequestsException', 'Rate Exceeded.'));
    expect(await invoker.invoke(direct({}), never)).toMatchObject({ error: 'Lambda.TooManyRequestsException' });
    lambda.functions.set('work', refuses(500, 'ServiceException', 'Internal'));
    expect(await invoker.invoke(direct({}), never)).toMatchObject({ error: 'Lambda.ServiceException' });
    lambda.functions.set('work', refuses(403, 'AccessDeniedException', 'User is not authorized'));
    expect(await invoker.invoke(direct({}), never)).toMatchObject({
      error: 'Lambda.AWSLambdaException',
      cause: expect.stringContaining('Error Code: AccessDeniedException'),
    });
    expect(lambda.invocations).toHaveLength(4);
  });

  it('fails where nobody answers', async () => {
    const nowhere = new AwsClients({ endpoints: { lambda: `http://127.0.0.1:${await freePort()}` } });
    const outcome = await new LambdaInvoker({ client: () => nowhere.lambda() }).invoke(direct({}), never);
    expect(outcome).toMatchObject({ kind: 'failed', error: 'Lambda.SdkClientException' });
    nowhere.destroy();
  });

  it('fails a task that names no function', async () => {
    expect(await invoker.invoke(service({ Payload: 1 }), never)).toMatchObject({ error: 'States.Runtime' });
  });

  it('has submitted a task that waits for its callback', async () => {
    lambda.functions.set('work', returns('started'));
    const task = service({ FunctionName: 'work' }, 'waitForTaskToken');
    expect(await invoker.invoke(task, never)).toMatchObject({ kind: 'submitted', output: { Payload: 'started' } });
    lambda.functions.set('work', fails('{"errorType":"E"}'));
    expect(await invoker.invoke(task, never)).toMatchObject({ kind: 'failed', error: 'E', reason: 'notSubmitted' });
  });

  it('limits answers where it is told to', async () => {
    lambda.functions.set('work', returns('a'.repeat(300_000)));
    expect(await invoker.invoke(direct({}), never)).toMatchObject({ kind: 'succeeded' });
    const limited = new LambdaInvoker({ client: () => clients.lambda(), maxResponseBytes: 262_144 });
    const of = (name: string) => ({
      kind: 'failed',
      error: 'States.DataLimitExceeded',
      cause: `The state/task '${name}' returned a result with a size exceeding the maximum number of bytes service limit.`,
      reason: 'failed',
    });
    expect(await limited.invoke(direct({}), never)).toEqual(of(FUNCTION));
    expect(await limited.invoke(service({ FunctionName: 'work' }), never)).toEqual(of('lambda'));
  });

  it('ends when the work is withdrawn', async () => {
    const abort = new AbortController();
    const called = new Promise<void>((resolve) => {
      lambda.functions.set('work', () => {
        resolve();
        return new Promise(() => {});
      });
    });
    const outcome = invoker.invoke(direct({}), abort.signal);
    await called;
    abort.abort(new Error('withdrawn'));
    await expect(outcome).rejects.toThrow('withdrawn');
  });

  it('is not loaded with the SDK before it is used', () => {
    const module = new URL('../../../lib/adapters/aws/lambda-invoker.ts', import.meta.url).href;
    const clientsModule = new URL('../../../lib/adapters/aws/clients.ts', import.meta.url).href;
    const script = `
      import Module from 'node:module';
      const { LambdaInvoker } = await import(${JSON.stringify(module)});
      const { AwsClients } = await import(${JSON.stringify(clientsModule)});
      const clients = new AwsClients({ region: 'us-east-1' });
      new LambdaInvoker({ client: () => clients.lambda() });
      const loaded = () => Object.keys(Module._cache).some((name) => name.includes('@aws-sdk/client-lambda'));
      const before = loaded();
      await clients.lambda();
      console.log(before, loaded());
    `;
    const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(output.trim()).toBe('false true');
  });
});

describe('LambdaInvoker with a role', () => {
  const lambda = new FakeLambda();
  let sts: Server;
  let clients: AwsClients;
  let invoker: LambdaInvoker;
  const assumed: string[] = [];

  beforeAll(async () => {
    sts = createServer(async (request, response) => {
      const form = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
      const role = form.get('RoleArn') ?? '';
      assumed.push(role);
      response.setHeader('content-type', 'text/xml');
      if (role.endsWith('denied')) {
        response.statusCode = 403;
        response.end(
          '<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error></ErrorResponse>',
        );
        return;
      }
      const credentials = `<AccessKeyId>AKIA${role.split('/').at(-1)}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>
        <SessionToken>t</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration>`;
      response.end(
        `<AssumeRoleResponse><AssumeRoleResult><Credentials>${credentials}</Credentials></AssumeRoleResult></AssumeRoleResponse>`,
      );
    });
    await new Promise<void>((resolve) => sts.listen(0, '127.0.0.1', resolve));
    const endpoints = { lambda: await lambda.start(), sts: `http://127.0.0.1:${(sts.address() as AddressInfo).port}` };
    clients = new AwsClients({ endpoints });
    invoker = new LambdaInvoker({ client: (role) => clients.lambda(role) });
  });

  afterAll(() => {
    clients.destroy();
    lambda.stop();
    sts.close();
  });

  it('calls the function as that role, and assumes it once', async () => {
    lambda.functions.set('work', returns(1));
    const as = (role: string) =>
      invoker.invoke({ ...direct({}), roleArn: `arn:aws:iam::123456789012:role/${role}` }, never);
    for (const role of ['one', 'one', 'two', 'one']) expect(await as(role)).toMatchObject({ kind: 'succeeded' });
    expect(assumed.map((arn) => arn.split('/').at(-1))).toEqual(['one', 'two']);
    const keys = lambda.invocations.map(({ headers }) => /Credential=([^/]+)/.exec(headers.authorization ?? '')?.[1]);
    expect(keys).toEqual(['AKIAone', 'AKIAone', 'AKIAtwo', 'AKIAone']);
  });

  it("calls the function as the workflow's role only where that is listed, and the state names none", async () => {
    lambda.functions.set('work', returns(1));
    lambda.invocations.length = 0;
    const listed = 'arn:aws:iam::123456789012:role/listed';
    const roles = new LambdaInvoker({ client: (role) => clients.lambda(role), assumableRoles: [listed] });
    await roles.invoke({ ...direct({}), workflowRoleArn: listed }, never);
    await roles.invoke(
      { ...direct({}), workflowRoleArn: listed, roleArn: 'arn:aws:iam::123456789012:role/own' },
      never,
    );
    await roles.invoke(direct({}), never);
    const keys = lambda.invocations.map(
      ({ headers }) => /Credential=AKIA([^/]+)/.exec(headers.authorization ?? '')?.[1],
    );
    expect(keys.slice(0, 2)).toEqual(['listed', 'own']);
    expect(keys[2]).not.toBe('of-the-workflow');
  });

  it('fails with States.Permissions where the role is refused', async () => {
    const task = { ...direct({}), roleArn: 'arn:aws:iam::123456789012:role/denied' };
    expect(await invoker.invoke(task, never)).toMatchObject({
      kind: 'failed',
      error: 'States.Permissions',
      cause: expect.stringContaining('not you'),
    });
  });
});
