import type { Logger } from '@aws-lambda-powertools/logger';
import type { Meter } from '../lib/ports/metrics.ts';
import type { Telemetry, TelemetryFields } from '../lib/ports/telemetry.ts';

/** The engine's log lines through Powertools, which adds the invocation and the trace. */
export function powertoolsTelemetry(logger: Logger, meter?: Meter): Telemetry {
  return {
    ...(meter === undefined ? {} : { meter }),
    log: (level, message, { error, ...fields }: TelemetryFields) => {
      logger[level](message, { ...fields, ...(error === undefined ? {} : { error: asError(error) }) });
    },
  };
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}
