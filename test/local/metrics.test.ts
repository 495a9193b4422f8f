import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  SFNClient,
  StartSyncExecutionCommand,
} from '@aws-sdk/client-sfn';
import { expect, test } from 'vitest';
import { PrometheusMetrics } from '../../lib/adapters/system/index.ts';
import { startServer } from '../../lib/local/server.ts';
import { METRICS } from '../../lib/ports/metrics.ts';
import { folderForTest } from './knhk-process.ts';

const silent = { log: () => {} };
const TRACEPARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
const json = { 'content-type': 'application/json' };

/** Values by series; whatever is not in the text format of Prometheus is refused. */
function parse(text: string): ReadonlyMap<string, number> {
  const series = new Map<string, number>();
  let typed = '';
  expect(text.endsWith('\n')).toBe(true);
  for (const line of text.slice(0, -1).split('\n')) {
    const [, kind, about] = /^# (HELP|TYPE) ([a-z_]+) \S.*$/.exec(line) ?? [];
    if (kind === 'TYPE') typed = about ?? '';
    if (kind !== undefined) continue;
    const match =
      /^([a-z_]+)((?:\{[a-z_]+="(?:[^"\\\n]|\\["\\n])*"(?:,[a-z_]+="(?:[^"\\\n]|\\["\\n])*")*\})?) (\S+)$/.exec(line);
    expect(match, line).not.toBeNull();
    const [, name = '', labels = '', value = ''] = match ?? [];
    expect(name.replace(/_(?:bucket|sum|count)$/, '') === typed || name === typed, line).toBe(true);
    expect(series.has(`${name}${labels}`), line).toBe(false);
    expect(Number.isFinite(Number(value)), line).toBe(true);
    series.set(`${name}${labels}`, Number(value));
  }
  return series;
}

test('a scrape shows what has been done', async ({ onTestFinished }) => {
  const dataDir = await folderForTest(onTestFinished);
  const server = await startServer({ port: 0, buckets: 'none', dataDir }, silent);
  onTestFinished(() => server.close());
  const definition = {
    StartAt: 'Rest',
    States: { Rest: { Type: 'Wait', Seconds: 0, Next: 'Refuse' }, Refuse: { Type: 'Fail', Error: 'No' } },
  };
  const post = (path: string, body: object) =>
    fetch(`${server.url}${path}`, { method: 'POST', headers: json, body: JSON.stringify(body) });
  expect((await post('/v1/workflows', { name: 'say-"no"', definition })).status).toBe(400);
  expect((await post('/v1/workflows', { name: 'refuse', definition })).status).toBe(201);
  for (let i = 0; i < 3; i += 1) {
    expect((await post('/v1/workflows/refuse/executions?wait=10', { input: i })).status).toBe(201);
  }
  const scrape = await fetch(`${server.url}/metrics`);
  expect(scrape.headers.get('content-type')).toBe(PrometheusMetrics.contentType);
  const series = parse(await scrape.text());
  expect(series.get('knhk_executions_started_total{workflow="refuse"}')).toBe(3);
  expect(series.get('knhk_executions_closed_total{workflow="refuse",status="FAILED"}')).toBe(3);
  expect(series.get('knhk_execution_seconds_bucket{workflow="refuse",status="FAILED",le="+Inf"}')).toBe(3);
  expect(series.get('knhk_step_seconds_count{workflow="refuse"}')).toBe(3);
  expect(series.get('knhk_turns_total{end="closed"}')).toBe(3);
  const commits = series.get('knhk_commits_total{outcome="appended"}') ?? 0;
  expect(commits).toBeGreaterThanOrEqual(3);
  expect(series.get('knhk_commit_seconds_count')).toBe(commits);
  expect(series.get('knhk_queue_messages{state="waiting"}')).toBe(0);
  const buckets = [...series]
    .filter(([name]) => name.startsWith('knhk_commit_seconds_bucket'))
    .map(([, count]) => count);
  expect(buckets).toEqual([...buckets].sort((a, b) => a - b));
});

test('figures are for this machine alone, or for whoever may read about the engine', async ({ onTestFinished }) => {
  const dataDir = await folderForTest(onTestFinished);
  const server = await startServer({ port: 0, buckets: 'none', dataDir }, silent);
  onTestFinished(() => server.close());
  const foreign = await fetch(`${server.url}/metrics`, { headers: { origin: 'https://elsewhere.example' } });
  expect(foreign.status).toBe(403);
  const folder = await folderForTest(onTestFinished);
  const asking = await startServer(
    { port: 0, buckets: 'none', dataDir: folder, authentication: { methods: new Set(['api-keys'] as const) } },
    silent,
  );
  onTestFinished(() => asking.close());
  expect((await fetch(`${asking.url}/metrics`)).status).toBe(401);
});

test('labels are escaped, and every metric of the table is written as its kind', () => {
  const metrics = new PrometheusMetrics();
  metrics.count('knhk_steps_total', { workflow: 'a"b\\c\nd' }, 2);
  metrics.observe('knhk_commit_seconds', {}, 1e6);
  metrics.gauge('knhk_queue_messages', { state: 'waiting' }, () => 7);
  const series = parse(metrics.text());
  expect(series.get('knhk_steps_total{workflow="a\\"b\\\\c\\nd"}')).toBe(2);
  expect(series.get('knhk_commit_seconds_bucket{le="86400"}')).toBe(0);
  expect(series.get('knhk_commit_seconds_bucket{le="+Inf"}')).toBe(1);
  expect(series.get('knhk_queue_messages{state="waiting"}')).toBe(7);
  for (const [name, { kind, unit }] of Object.entries(METRICS)) {
    expect(name.endsWith('_total'), name).toBe(kind === 'counter');
    expect(name.endsWith('_seconds'), name).toBe(unit === 'seconds');
  }
});

test('the trace that an execution was started with is kept over a restart, and shown', async ({ onTestFinished }) => {
  const dataDir = await folderForTest(onTestFinished);
  const first = await startServer({ port: 0, buckets: 'none', dataDir }, silent);
  const clientOf = (endpoint: string) =>
    new SFNClient({
      ...{ endpoint, region: 'us-east-1', disableHostPrefix: true },
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
  const definition = JSON.stringify({ StartAt: 'P', States: { P: { Type: 'Pass', End: true } } });
  const roleArn = 'arn:aws:iam::000000000000:role/r';
  const client = clientOf(first.url);
  const { stateMachineArn } = await client.send(
    new CreateStateMachineCommand({ name: 'quick', definition, roleArn, type: 'EXPRESS' }),
  );
  const traceHeader = 'Root=1-5759e988-bd862e3fe1be46a994272793;Sampled=1';
  const sync = await client.send(new StartSyncExecutionCommand({ stateMachineArn, traceHeader }));
  expect(sync.traceHeader).toBe(traceHeader);
  await client.send(new CreateStateMachineCommand({ name: 'traced', definition, roleArn }));
  const started = await fetch(`${first.url}/v1/workflows/traced/executions`, {
    ...{ method: 'POST', headers: { ...json, traceparent: TRACEPARENT } },
    body: JSON.stringify({ name: 'one' }),
  });
  expect(started.status).toBe(201);
  await first.close();
  const second = await startServer({ port: 0, buckets: 'none', dataDir }, silent);
  onTestFinished(() => second.close());
  const executionArn = 'arn:aws:states:us-east-1:000000000000:execution:traced:one';
  const described = await clientOf(second.url).send(new DescribeExecutionCommand({ executionArn }));
  expect(described.traceHeader).toBe('Root=1-0af76519-16cd43dd8448eb211c80319c;Parent=b7ad6b7169203331;Sampled=1');
});
