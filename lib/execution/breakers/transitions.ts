import type { Telemetry } from '../../ports/telemetry.ts';
import type { BreakerState, Transition } from '../../resilience/circuit-breaker.ts';

const VERBS = { closed: 'has closed', halfOpen: 'is half open', open: 'has opened' } as const;
const CODES = {
  closed: 'Knhk.BreakerClosed',
  halfOpen: 'Knhk.BreakerHalfOpen',
  open: 'Knhk.BreakerOpened',
} as const;

/** Tells logs and figures what happens to breakers: of each transition once, in the process that brought it about. */
export function announcer(telemetry: Telemetry, seen: (target: string) => BreakerState) {
  const watched = new Set<string>();
  return {
    onTransition(target: string, { to, why }: Transition): void {
      const message = `The circuit breaker of ${target} ${VERBS[to]}: ${why}.`;
      telemetry.log(to === 'open' ? 'warn' : 'info', message, { code: CODES[to], target, to, why });
      telemetry.meter?.count('knhk_breaker_transitions_total', { to, target });
    },
    /** Shows the breaker among the figures of this process, from now on. */
    watch(target: string): void {
      if (telemetry.meter === undefined || watched.has(target)) return;
      watched.add(target);
      telemetry.meter.gauge('knhk_breaker_open', { target }, () => (seen(target).kind === 'closed' ? 0 : 1));
    },
  };
}
