import type { PermitsGranted, PermitsRequested } from '../../model/permit-event.ts';
import { WHOLE_EXECUTION } from '../../model/permits.ts';
import type { Scribe } from './scribe.ts';

/** What waits for permits of resource pools, and gets them: a visit of a state, or the execution as a whole. */
export function writePermits(scribe: Scribe, event: PermitsRequested | PermitsGranted): void {
  const pools = event.type === 'PermitsRequested' ? event.pools : (scribe.state.permits?.get(event.id)?.pools ?? []);
  const details = { pools: [...pools] };
  if (event.id === WHOLE_EXECUTION) scribe.write(0, event.type, details);
  else {
    const active = scribe.activation(event.id);
    scribe.advance(scribe.threads.ofVisit(active), event.type, { name: active.state, ...details });
  }
  scribe.fold();
}
