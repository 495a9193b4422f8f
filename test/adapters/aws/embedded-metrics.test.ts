import { expect, test } from 'vitest';
import { EmbeddedMetrics } from '../../../lib/adapters/aws/embedded-metrics.ts';
import { checkEmbedded } from './embedded-line.ts';

function open() {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const metrics = new EmbeddedMetrics({ dimensions: { function: 'executor' }, now: () => 1_000, write });
  return { metrics, lines };
}

test('figures of the same labels stand in one line, without the labels that users name', () => {
  const { metrics, lines } = open();
  metrics.count('knhk_executions_closed_total', { workflow: 'a', status: 'FAILED' });
  metrics.count('knhk_executions_closed_total', { workflow: 'b', status: 'FAILED' }, 2);
  metrics.observe('knhk_execution_seconds', { workflow: 'a', status: 'FAILED' }, 1.5);
  metrics.observe('knhk_execution_seconds', { workflow: 'b', status: 'FAILED' }, 0.5);
  metrics.flush();
  expect(lines).toHaveLength(1);
  expect(JSON.parse(lines[0] ?? '')).toEqual({
    _aws: {
      Timestamp: 1_000,
      CloudWatchMetrics: [
        {
          Namespace: 'KNHK',
          Dimensions: [['function', 'status']],
          Metrics: [
            { Name: 'knhk_executions_closed_total', Unit: 'Count' },
            { Name: 'knhk_execution_seconds', Unit: 'Seconds' },
          ],
        },
      ],
    },
    ...{ function: 'executor', status: 'FAILED', knhk_executions_closed_total: 3, knhk_execution_seconds: [1.5, 0.5] },
  });
  metrics.flush();
  expect(lines).toHaveLength(1);
});

test('gauges of labels that users name are added up', () => {
  const { metrics, lines } = open();
  metrics.gauge('knhk_breaker_open', { target: 'https://a.example' }, () => 1);
  metrics.gauge('knhk_breaker_open', { target: 'https://b.example' }, () => 0);
  metrics.gauge('knhk_breaker_open', { target: 'https://c.example' }, () => 1);
  metrics.flush();
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ knhk_breaker_open: 2 }]);
});

test('no line has more values than CloudWatch reads, and none is lost', () => {
  const { metrics, lines } = open();
  for (let i = 0; i < 250; i += 1) metrics.observe('knhk_commit_seconds', {}, i);
  metrics.flush();
  const found = lines.map(checkEmbedded);
  expect(found.map(({ values }) => values.get('knhk_commit_seconds')?.length)).toEqual([100, 100, 50]);
  expect(found.flatMap(({ values }) => values.get('knhk_commit_seconds') ?? [])).toEqual(
    Array.from({ length: 250 }, (_, i) => i),
  );
});
