import type { Meter } from './metrics.ts';

/** Structured log lines of the engine itself. `fields` name the execution and the state wherever there is one. */
export interface Telemetry {
  /** Absent: nobody asks for figures, and none are taken. */
  readonly meter?: Meter;
  log(level: 'debug' | 'info' | 'warn' | 'error', message: string, fields: TelemetryFields): void;
}

export interface TelemetryFields {
  readonly code?: string;
  readonly execution?: string;
  readonly state?: string;
  readonly error?: unknown;
  readonly [field: string]: unknown;
}
