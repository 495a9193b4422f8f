import type { PatternEntry } from '../pattern.ts';

export const cancellation: readonly PatternEntry[] = [
  {
    number: 19,
    slug: 'cancel-task',
    name: 'Cancel Task',
    description: 'A state is withdrawn, whether it waits or runs, and what would follow it does not happen.',
    shownBy: '`Cancels` with the name of one state that is not a `Map`.',
    useWhen: 'Work becomes needless while it is under way.',
    confusedWith: 'WCP-25 withdraws several states, WCP-20 the whole case. What has completed stays so.',
  },
  {
    number: 20,
    slug: 'cancel-case',
    name: 'Cancel Case',
    description:
      'The whole case is withdrawn, with all that runs in it and in its children, and counts as unsuccessful.',
    shownBy:
      'Always possible from outside, by stopping the execution. A definition counts as using it where it ends a case itself with other work open (`Fail` in a net or in a branch of a `Parallel`, `TimeoutSeconds` beside `StartAt`), or waits for a child execution, which ends with it.',
    useWhen: 'The case has become pointless.',
    confusedWith: 'WCP-43 also ends everything, but successfully.',
  },
  {
    number: 25,
    slug: 'cancel-region',
    name: 'Cancel Region',
    description:
      'Several states, wherever they are in the net, are withdrawn in one step; everything else is untouched.',
    shownBy: '`Cancels` with the names of several states.',
    useWhen: 'A part of a case becomes needless.',
    confusedWith: 'WCP-19 withdraws one state. Tokens between two states are withdrawn with the state they lead to.',
  },
  {
    number: 26,
    slug: 'cancel-multiple-instances',
    name: 'Cancel Multiple Instance Task',
    description: 'A running Map is withdrawn: its open items end, the completed ones stay so, and nothing follows.',
    shownBy: '`Cancels` with the name of a `Map`.',
    useWhen: 'The items, and what would be made of them, are not needed any more.',
    confusedWith: 'WCP-27 goes on with the results so far.',
  },
  {
    number: 27,
    slug: 'complete-multiple-instances',
    name: 'Complete Multiple Instance Task',
    description:
      'A running Map is made to complete: its open items end, and the next state starts with the results so far.',
    shownBy: '`Completes`.',
    useWhen: 'Time is up, and what there is has to do.',
    confusedWith: 'WCP-26 lets nothing follow.',
  },
];

export const iteration: readonly PatternEntry[] = [
  {
    number: 10,
    slug: 'arbitrary-cycles',
    name: 'Arbitrary Cycles',
    description: 'A cycle has several states at which it is entered, or several at which it is left.',
    shownBy: 'A cycle with several entries or exits; exits by a catcher do not count.',
    useWhen: 'Work goes back and forth as it does in reality.',
    confusedWith: 'WCP-21 has one entry and one exit.',
  },
  {
    number: 21,
    slug: 'structured-loop',
    name: 'Structured Loop',
    description: 'A part is repeated while, or until, a condition holds; it has one entry and one exit.',
    shownBy: 'A cycle with one entry and one exit.',
    useWhen: 'Something is repeated, with a test before it or after it.',
    confusedWith: 'WCP-10 has several entries or exits. A test before the part may let it run zero times.',
  },
  {
    number: 22,
    slug: 'recursion',
    name: 'Recursion',
    description: 'A state runs the very workflow that it belongs to, as a child, and waits for its end.',
    shownBy:
      '`states:startExecution.sync` with `$states.context.StateMachine.Id` (`$$.StateMachine.Id`) as its `StateMachineArn`; a workflow that names itself in another way is not noticed.',
    useWhen: 'The work has parts of its own kind.',
    confusedWith: 'WCP-21 repeats within one case; here each level has data and a history of its own.',
  },
];

export const termination: readonly PatternEntry[] = [
  {
    number: 11,
    slug: 'implicit-termination',
    name: 'Implicit Termination',
    description: 'The case is over when nothing is left to do, and no state has to say so.',
    shownBy: 'Several states with `End: true` in a net with a split, or a `Map` whose items may outlast it.',
    useWhen: 'Several branches end on their own.',
    confusedWith: 'WCP-43 ends at one state and withdraws the rest. A case that is stuck is not over: it fails.',
  },
  {
    number: 43,
    slug: 'explicit-termination',
    name: 'Explicit Termination',
    description:
      'When a certain state is reached the case is over at once, successfully, and what is left is withdrawn.',
    shownBy: '`Succeed` in a net with a split.',
    useWhen: 'One result makes all other work needless.',
    confusedWith: 'WCP-11 waits for the rest; WCP-20 counts as unsuccessful.',
  },
];

export const triggers: readonly PatternEntry[] = [
  {
    number: 23,
    slug: 'transient-trigger',
    name: 'Transient Trigger',
    description: 'A state starts by an event from outside, which is lost if nobody waits for it when it comes.',
    shownBy: '`Trigger` with `Persistent: false`.',
    useWhen: 'An event means something only at the moment when it happens.',
    confusedWith: 'WCP-24 keeps the event.',
  },
  {
    number: 24,
    slug: 'persistent-trigger',
    name: 'Persistent Trigger',
    description: 'A state starts by an event from outside, which is kept until it can be used.',
    shownBy: '`Trigger` that is not `Persistent: false`.',
    useWhen: 'An event must not be lost, however early it comes.',
    confusedWith: 'WCP-23 drops it. Events are counted: two early ones serve two starts.',
  },
];
