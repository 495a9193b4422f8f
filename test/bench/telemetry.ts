import { trace } from '@opentelemetry/api';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { PrometheusMetrics } from '../../lib/adapters/system/index.ts';
import { consoleLog } from '../../lib/local/console-log.ts';
import type { Telemetry } from '../../lib/ports/telemetry.ts';

/** What listens while the workloads run: nobody, the figures of `/metrics`, or an SDK that takes every span and keeps none. */
export function telemetryOf(kind: string | undefined): Telemetry {
  const log = consoleLog('warn');
  if (kind === 'metrics') return { ...log, meter: new PrometheusMetrics() };
  if (kind === 'traces') {
    const exporter = { export: () => {}, shutdown: async () => {} };
    trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  }
  return log;
}
