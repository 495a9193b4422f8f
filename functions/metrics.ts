import type { MiddlewareObj } from '@middy/core';
import type { AwsSettings } from '../lib/adapters/aws/clients.ts';
import type { DynamoTableOptions } from '../lib/adapters/aws/dynamo-table.ts';
import { EmbeddedMetrics } from '../lib/adapters/aws/embedded-metrics.ts';
import type { Telemetry } from '../lib/ports/telemetry.ts';

/** The figures of a function, as lines of its log; `undefined` where `KNHK_METRICS` is `off`. */
export function openMetrics(variables: Readonly<Record<string, string | undefined>>): EmbeddedMetrics | undefined {
  if (variables['KNHK_METRICS'] === 'off') return undefined;
  return new EmbeddedMetrics({
    dimensions: { function: variables['AWS_LAMBDA_FUNCTION_NAME'] ?? 'knhk' },
    now: Date.now,
    write: (line) => process.stdout.write(line),
  });
}

/** Writes them at the end of each invocation, also of one that failed. */
export function flushMetrics(metrics: EmbeddedMetrics | undefined): MiddlewareObj {
  const flush = () => metrics?.flush();
  return { after: flush, onError: flush };
}

export function countedUnits({ meter }: Telemetry, table: string): Pick<DynamoTableOptions, 'onConsumed'> {
  if (meter === undefined) return {};
  return { onConsumed: ({ kind, units }) => meter.count('knhk_store_units_total', { table, kind }, units) };
}

export function countedRequests({ meter }: Telemetry): Pick<AwsSettings, 'onRequest'> {
  if (meter === undefined) return {};
  return { onRequest: (service) => meter.count('knhk_requests_total', { service }) };
}
