import type { Telemetry } from '../../ports/telemetry.ts';

/** One line of the audit log: a call that changed something, or that was refused. */
export interface AuditEntry {
  /** ms since the epoch. */
  readonly at: number;
  readonly requestId: string;
  /** Whoever called; absent where that could not be told. */
  readonly principal?: {
    readonly kind: string;
    readonly subject: string;
    readonly name?: string;
    readonly issuer?: string;
  };
  readonly tenant?: string;
  readonly address?: string;
  /** As in `startExecution`, `StartExecution`. */
  readonly operation: string;
  /** As in `executions:start`. */
  readonly actions: readonly string[];
  /** Names of the workflows or activities it was about, or of the pool, the breaker, the limit, the key, the participant. */
  readonly objects: readonly string[];
  /** What came of it: the ARN or path of what was made. */
  readonly result?: string;
  /** `refused`: not granted, or not possible; `failed`: the engine's own fault. */
  readonly outcome: 'done' | 'refused' | 'failed';
  /** Of the refusal, as in `Knhk.AccessDenied`. */
  readonly code?: string;
}

export interface AuditLog {
  /** Must not throw, nor delay the answer. */
  record(entry: AuditEntry): void;
}

/** Audit lines among the engine's own log lines, with `audit: true`. */
export function telemetryAudit(telemetry: Telemetry): AuditLog {
  return {
    record: ({ at, principal, ...entry }) => {
      const level = entry.outcome === 'done' ? 'info' : 'warn';
      telemetry.log(level, 'audit', {
        audit: true,
        at: new Date(at).toISOString(),
        ...(principal === undefined ? {} : { principal: principal.subject, principalKind: principal.kind }),
        ...(principal?.name === undefined ? {} : { principalName: principal.name }),
        ...(principal?.issuer === undefined ? {} : { issuer: principal.issuer }),
        ...entry,
      });
    },
  };
}
