import type { TaskAllocated, TaskDelegated, TaskEscalated } from '../../model/allocation-event.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Scribe } from './scribe.ts';

/** Whom a work item goes to: one that is on offer follows what brought its token there, one at work its own events. */
export function writeAllocation(scribe: Scribe, event: TaskAllocated | TaskDelegated | TaskEscalated): void {
  const { state, threads } = scribe;
  const offer = state.offers.get(event.id);
  const { type, details } = described(event);
  if (offer !== undefined) scribe.write(threads.latestOf(state, offer.tokens), type, { name: offer.state, ...details });
  else {
    const active = scribe.activation(event.id);
    scribe.advance(threads.ofVisit(active), type, { name: active.state, ...details });
  }
  scribe.fold();
}

function described(event: TaskAllocated | TaskDelegated | TaskEscalated) {
  switch (event.type) {
    case 'TaskAllocated': {
      const { assignee, candidates } = event;
      const details: JsonObject = {
        ...(assignee === undefined ? {} : { assignee }),
        ...(candidates === undefined ? {} : { candidates: [...candidates] }),
      };
      return { type: 'WorkItemAllocated', details } as const;
    }
    case 'TaskDelegated':
      return { type: 'WorkItemDelegated', details: { from: event.by, to: event.to } } as const;
    case 'TaskEscalated':
      return { type: 'WorkItemEscalated', details: { step: event.step } } as const;
  }
}
