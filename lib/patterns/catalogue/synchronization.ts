import type { PatternEntry } from '../pattern.ts';

export const synchronization: readonly PatternEntry[] = [
  {
    number: 6,
    slug: 'multi-choice',
    name: 'Multi-Choice',
    description: 'One or more ways are taken: all those whose condition holds.',
    shownBy: 'A `Choice` with `Select: All`.',
    useWhen: 'A case needs some of several services, and the data say which.',
    confusedWith: 'WCP-4 stops at the first condition that holds; WCP-2 takes all ways without asking.',
  },
  {
    number: 7,
    slug: 'structured-synchronizing-merge',
    name: 'Structured Synchronizing Merge',
    description:
      'The ways that an earlier multi-choice has taken meet in a state that starts once, when all of them have arrived.',
    shownBy:
      '`Join: active` behind one split: every way from the split ends in the join, and none comes from elsewhere.',
    useWhen: 'What a multi-choice has taken apart shall be put together again.',
    confusedWith:
      'WCP-3 waits for all ways, also for those not taken. WCP-37 and WCP-38 are the same join in freer nets.',
  },
  {
    number: 8,
    slug: 'multi-merge',
    name: 'Multi-Merge',
    description: 'Branches come together without waiting, and the state runs once for every token that arrives.',
    shownBy: 'A state with several incoming arcs and no `Join`, over which several tokens can come.',
    useWhen: 'The same work follows each of several parallel branches, each time anew.',
    confusedWith: 'WCP-5 has one token at a time; WCP-9 lets only the first one through.',
  },
  {
    number: 9,
    slug: 'structured-discriminator',
    name: 'Structured Discriminator',
    description: 'The first branch to arrive starts the state; the others of the round are absorbed when they come.',
    shownBy: '`Join` with `Count: 1` and `Rest: absorb`.',
    useWhen: 'The first answer counts, and the others may finish, but change nothing.',
    confusedWith:
      'WCP-29 stops the others; WCP-28 is the same where a branch can arrive twice before the slowest has come.',
  },
  {
    number: 28,
    slug: 'blocking-discriminator',
    name: 'Blocking Discriminator',
    description:
      'A discriminator in which a branch that arrives again, before all others have come, waits for the next round.',
    shownBy: '`Join` with `Count: 1` and `Rest: absorb`, on a cycle.',
    useWhen: 'The first answer counts, and the next round may begin before the last one is over.',
    confusedWith: 'WCP-9 presumes that a round is over before the next one begins. Branches are counted, not tokens.',
  },
  {
    number: 29,
    slug: 'cancelling-discriminator',
    name: 'Cancelling Discriminator',
    description: 'The first branch to arrive starts the state and withdraws the others, in one step.',
    shownBy: '`Join` with `Count: 1` and `Rest: cancel`.',
    useWhen: 'The first answer counts, and further work on the others would be wasted.',
    confusedWith: 'WCP-9 and WCP-28 let the others go on.',
  },
  {
    number: 30,
    slug: 'structured-partial-join',
    name: 'Structured Partial Join',
    description: 'So many of the branches are enough to start the state; the others of the round are absorbed.',
    shownBy: '`Join` with a `Count` other than 1 and `Rest: absorb`.',
    useWhen: 'Two of three reviews are enough.',
    confusedWith: 'WCP-9 is satisfied with one, WCP-3 only with all; WCP-32 stops the others.',
  },
  {
    number: 31,
    slug: 'blocking-partial-join',
    name: 'Blocking Partial Join',
    description:
      'A partial join in which a branch that arrives again, before all others have come, waits for the next round.',
    shownBy: '`Join` with a `Count` other than 1 and `Rest: absorb`, on a cycle.',
    useWhen: 'Some of the answers are enough, and the next round may begin before the last one is over.',
    confusedWith: 'WCP-30 presumes that a round is over before the next one begins. Branches are counted, not tokens.',
  },
  {
    number: 32,
    slug: 'cancelling-partial-join',
    name: 'Cancelling Partial Join',
    description: 'So many of the branches are enough to start the state, and withdraw the others in the same step.',
    shownBy: '`Join` with a `Count` other than 1 and `Rest: cancel`.',
    useWhen: 'Some of the answers are enough, and further work on the others would be wasted.',
    confusedWith: 'WCP-30 and WCP-31 let the others go on; WCP-29 needs only one.',
  },
  {
    number: 33,
    slug: 'generalized-and-join',
    name: 'Generalized AND-Join',
    description:
      'The state starts each time when every branch has a token, and takes one of each; surplus tokens stay.',
    shownBy: '`Join: all` where a branch may bring several tokens.',
    useWhen: 'Parts are put together as they come: a frame and its wheels.',
    confusedWith: 'WCP-3 presumes one token per branch; WCP-41 does not care over which branch they come.',
  },
  {
    number: 37,
    slug: 'local-synchronizing-merge',
    name: 'Local Synchronizing Merge',
    description:
      'The state starts once, when every way that can still lead to it has led to it; a way may also leave for elsewhere.',
    shownBy:
      '`Join: active` without a cycle, a cancellation or another waiting join before it, and not as simple as WCP-7.',
    useWhen: 'Branches that were taken may end without reaching the merge.',
    confusedWith: 'WCP-7 has one split whose ways all arrive; WCP-38 has loops and cancellation as well.',
  },
  {
    number: 38,
    slug: 'general-synchronizing-merge',
    name: 'General Synchronizing Merge',
    description: 'The state starts once, when no further token can reach it, whatever the net before it looks like.',
    shownBy: '`Join: active` with a cycle, a cancellation or another waiting join before it.',
    useWhen: 'What is still to come depends on loops, cancellation or other joins.',
    confusedWith:
      'WCP-37 can be decided by looking at which ways lead here; here it takes a search of what can still happen.',
  },
  {
    number: 41,
    slug: 'thread-merge',
    name: 'Thread Merge',
    description: 'A given number of threads on one branch become one.',
    shownBy: '`Join` with `Threads`.',
    useWhen: 'Things that come one by one are handled in pairs or dozens.',
    confusedWith: 'WCP-3 and WCP-33 merge different branches; WCP-13 to WCP-15 merge the items of one Map.',
  },
  {
    number: 42,
    slug: 'thread-split',
    name: 'Thread Split',
    description: 'One thread becomes several on the same branch, each of which runs what follows.',
    shownBy: 'A name that is listed several times in one `Next`.',
    useWhen: 'The whole rest of a branch is to be done several times, each at its own pace.',
    confusedWith: 'WCP-2 has different branches; WCP-13 multiplies one state only.',
  },
];
