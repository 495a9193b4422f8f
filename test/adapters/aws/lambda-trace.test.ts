import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { AwsClients } from '../../../lib/adapters/aws/clients.ts';
import { LambdaInvoker } from '../../../lib/adapters/aws/lambda-invoker.ts';
import type { TaskAssignment } from '../../../lib/model/effect.ts';

const arn = 'arn:aws:lambda:us-east-1:123456789012:function:work';
const task: TaskAssignment = {
  ...{ execution: 'arn:aws:states:us-east-1:123456789012:execution:w:one', activation: 1, attempt: 1, state: 'Work' },
  ...{ idempotencyKey: 'key', input: {}, scheduledAt: 0, workflowRoleArn: 'arn:aws:iam::123456789012:role/r' },
  resource: { kind: 'lambda', arn, functionName: 'work' },
};

test('a function is told the trace in both forms, and nothing where there is none', async ({ onTestFinished }) => {
  const requests: IncomingHttpHeaders[] = [];
  const server = createServer(({ headers }, response) => {
    requests.push(headers);
    response.end('null');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const clients = new AwsClients({
    endpoints: { lambda: `http://127.0.0.1:${(server.address() as AddressInfo).port}` },
  });
  onTestFinished(() => clients.destroy());
  const invoker = new LambdaInvoker({ client: () => clients.lambda() });
  const trace = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'a=1' };
  const { signal } = new AbortController();
  await invoker.invoke({ ...task, trace }, signal);
  await invoker.invoke(task, signal);
  const contexts = requests.map((headers) =>
    JSON.parse(Buffer.from(String(headers['x-amz-client-context']), 'base64').toString()),
  );
  expect(contexts).toEqual([
    { custom: { 'knhk-idempotency-key': 'key', ...trace } },
    { custom: { 'knhk-idempotency-key': 'key' } },
  ]);
  expect(requests.map((headers) => headers['x-amzn-trace-id'])).toEqual([
    'Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331;Sampled=1',
    undefined,
  ]);
});
