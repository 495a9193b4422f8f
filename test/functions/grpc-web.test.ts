import { fromJson } from '@bufbuild/protobuf';
import { ValueSchema } from '@bufbuild/protobuf/wkt';
import { createClient, type Transport } from '@connectrpc/connect';
import { type UniversalClientFn, universalClientResponseFromFetch } from '@connectrpc/connect/protocol';
import { createTransport as connectTransport } from '@connectrpc/connect/protocol-connect';
import { createTransport as grpcWebTransport } from '@connectrpc/connect/protocol-grpc-web';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ExecutionService, type StreamHistoryResponse, WorkflowService } from '../../lib/api/grpc/gen/knhk_pb.ts';
import { onEachDynamo } from '../adapters/aws/emulators.ts';
import { Cloud } from './cloud.ts';

/** The services through API Gateway and Lambda: requests and responses in one piece, binary ones in base64. */

const double = {
  StartAt: 'Double',
  States: { Double: { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:123456789012:function:double', End: true } },
};

onEachDynamo(describe, (kind) => {
  let cloud: Cloud;
  beforeAll(async () => {
    cloud = await Cloud.start(kind, { double: ({ n }) => Number(n) * 2 });
  });
  afterAll(() => cloud.stop());

  const send: UniversalClientFn = async ({ url, method, header, body }) => {
    const chunks: Uint8Array[] = [];
    for await (const chunk of body ?? []) chunks.push(chunk);
    const request = new Request(url, { method, headers: header, body: Buffer.concat(chunks) });
    return universalClientResponseFromFetch(await cloud.fetch(request));
  };
  const options = (useBinaryFormat: boolean) => ({
    baseUrl: 'https://api.example.com',
    httpClient: send,
    useBinaryFormat,
    interceptors: [],
    acceptCompression: [],
    sendCompression: null,
    compressMinBytes: 1024,
    readMaxBytes: 2 ** 22,
    writeMaxBytes: 2 ** 22,
  });

  it.each<[string, () => Transport]>([
    ['gRPC-Web', () => grpcWebTransport(options(true))],
    ['gRPC-Web with JSON', () => grpcWebTransport(options(false))],
    ['Connect', () => connectTransport(options(true))],
    ['Connect with JSON', () => connectTransport(options(false))],
  ])('%s starts an execution and streams its history', async (_name, transport) => {
    const workflows = createClient(WorkflowService, transport());
    const executions = createClient(ExecutionService, transport());
    await workflows.putWorkflow({ name: 'double', definition: fromJson(ValueSchema, double) });
    const input = fromJson(ValueSchema, { n: 21 });
    const { execution, created } = await executions.startExecution({ workflow: 'double', input });
    expect({ created, status: execution?.status }).toEqual({ created: true, status: 'RUNNING' });
    const named = { workflow: 'double', execution: execution?.id ?? '' };
    const followed = followedTypes(executions.streamHistory({ ...named, follow: true }));
    await cloud.runQueue();
    expect(await followed).toEqual([
      ...['ExecutionStarted', 'TaskStateEntered', 'LambdaFunctionScheduled', 'LambdaFunctionStarted'],
      ...['LambdaFunctionSucceeded', 'TaskStateExited', 'ExecutionSucceeded', 'SUCCEEDED'],
    ]);
    const closed = await executions.getExecution(named);
    expect(closed.output?.kind).toEqual({ case: 'numberValue', value: 42 });
    const missing = executions.getExecution({ workflow: 'double', execution: 'none' });
    await expect(missing).rejects.toMatchObject({ rawMessage: expect.stringMatching(/^Look at the list/) });
  });
});

async function followedTypes(stream: AsyncIterable<StreamHistoryResponse>): Promise<readonly (string | undefined)[]> {
  const types: (string | undefined)[] = [];
  for await (const { item } of stream) types.push(item.case === 'event' ? item.value.type : item.value?.status);
  return types;
}
