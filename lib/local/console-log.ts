import type { Telemetry, TelemetryFields } from '../ports/telemetry.ts';

const LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LEVELS)[number];

/** Log lines for people, on standard error: level, message, then the fields as `name=value`. */
export function consoleLog(least: LogLevel): Telemetry {
  return {
    log(level, message, fields) {
      if (LEVELS.indexOf(level) < LEVELS.indexOf(least)) return;
      process.stderr.write(`${level} ${message}${describeFields(fields)}\n`);
    },
  };
}

function describeFields(fields: TelemetryFields): string {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => ` ${name}=${value instanceof Error ? (value.stack ?? value.message) : String(value)}`)
    .join('');
}
