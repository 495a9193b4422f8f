import type { PatternEntry } from '../pattern.ts';

export const stateBased: readonly PatternEntry[] = [
  {
    number: 16,
    slug: 'deferred-choice',
    name: 'Deferred Choice',
    description:
      'Several ways are offered; the first to be started is taken, and the others are withdrawn at that moment.',
    shownBy: 'A `Place` whose `Next` has several names.',
    useWhen: 'People, events or time decide how to go on, not the data.',
    confusedWith: 'WCP-4 decides at once, by the data; WCP-2 starts all.',
  },
  {
    number: 17,
    slug: 'interleaved-parallel-routing',
    name: 'Interleaved Parallel Routing',
    description:
      'States with a partial order run once each, in any order that respects it, and never two at the same time.',
    shownBy: '`Mutex` over single states, some of which follow one another.',
    useWhen:
      'Several pieces of work share something that only one of them can use at a time, and some come before others.',
    confusedWith: 'WCP-40 has no order; WCP-39 keeps others out of the gap between two states, too.',
  },
  {
    number: 18,
    slug: 'milestone',
    name: 'Milestone',
    description: 'A state can start only while the case is in a given state, which it does not change.',
    shownBy: '`Milestone`.',
    useWhen: 'Something is allowed until a deadline or as long as a phase lasts.',
    confusedWith: 'A join would take the token; a trigger (WCP-24) would stay true for ever.',
  },
  {
    number: 39,
    slug: 'critical-section',
    name: 'Critical Section',
    description: 'Of several parts of a net at most one is active, from its first state to its last.',
    shownBy: '`Mutex` with a group of several states.',
    useWhen: 'Several steps belong together, and nobody else may come between them.',
    confusedWith: 'WCP-17 and WCP-40 exclude one another only while a single state runs.',
  },
  {
    number: 40,
    slug: 'interleaved-routing',
    name: 'Interleaved Routing',
    description: 'A set of states runs in any order, each once, and never two at the same time.',
    shownBy: '`Mutex` over single states, none of which follows another.',
    useWhen: 'Several pieces of work share something that only one of them can use at a time.',
    confusedWith: 'WCP-17 has an order for some of them; WCP-2 with WCP-3 lets them overlap.',
  },
];
