import type { PatternEntry } from '../pattern.ts';

export const basic: readonly PatternEntry[] = [
  {
    number: 1,
    slug: 'sequence',
    name: 'Sequence',
    description: 'A state starts after the one before it has completed, and never earlier.',
    shownBy: '`Next` with one name.',
    useWhen: 'One piece of work needs what another one has made.',
    confusedWith: 'WCP-17, where the order is partly open, and only two at the same time are excluded.',
  },
  {
    number: 2,
    slug: 'parallel-split',
    name: 'Parallel Split',
    description: 'One thread becomes several, which all run at the same time.',
    shownBy: '`Next` with several names, or a `Parallel` with several branches.',
    useWhen: 'Several things have to be done, and none of them has to wait for another.',
    confusedWith: 'WCP-4 takes one way, WCP-6 those that the data ask for, WCP-42 several threads on the same way.',
  },
  {
    number: 3,
    slug: 'synchronization',
    name: 'Synchronization',
    description: 'Branches of a split meet in a state that starts once, when every one of them has arrived.',
    shownBy: '`Join: all` where each branch brings one token, or the end of a `Parallel` with several branches.',
    useWhen: 'The next step needs the results of all branches.',
    confusedWith:
      'WCP-7 waits only for branches that were taken, WCP-8 for none; WCP-33 is the same where a branch may bring several tokens.',
  },
  {
    number: 4,
    slug: 'exclusive-choice',
    name: 'Exclusive Choice',
    description: 'Exactly one of several ways is taken, as the data say.',
    shownBy: 'A `Choice` without `Select`.',
    useWhen: 'The data at hand decide how to go on. The rules are tried in order, so they may overlap.',
    confusedWith: 'WCP-16 leaves the choice to whoever starts first; WCP-6 may take several ways.',
  },
  {
    number: 5,
    slug: 'simple-merge',
    name: 'Simple Merge',
    description: 'Ways that exclude one another come together without waiting: whichever was taken leads on.',
    shownBy: 'A state with several incoming arcs and no `Join`, over which at most one token can come at a time.',
    useWhen: 'After a choice the work is the same again.',
    confusedWith: 'WCP-8 is the same where several tokens may come; WCP-3 would wait for ever for the way not taken.',
  },
];
