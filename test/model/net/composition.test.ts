import { describe, expect, it } from 'vitest';
import { Desk, definition, pass, place, work } from './desk.ts';

/** The additions within one another, and within what Amazon States Language has. */
describe('composition', () => {
  const review = {
    StartAt: 'Ask',
    States: {
      Ask: pass(['Legal', 'Finance', 'Sales']),
      Legal: work('Judge'),
      Finance: work('Judge'),
      Sales: work('Judge'),
      Judge: work('Verdict', { Join: { Count: 1, Rest: 'cancel', Cancels: ['Legal', 'Finance', 'Sales'] } }),
      Verdict: {
        Type: 'Choice',
        Choices: [{ Condition: "{% $states.input.verdict = 'never' %}", Next: 'Refuse' }],
        Default: 'Agreed',
      },
      Refuse: { Type: 'Fail', Error: 'Refused' },
      Agreed: { Type: 'Succeed' },
    },
  };
  const nested = definition({
    Both: {
      Type: 'Parallel',
      Branches: [
        {
          StartAt: 'Each',
          States: { Each: { Type: 'Map', Items: ['a', 'b'], ItemProcessor: review, End: true } },
        },
        { StartAt: 'Watch', States: { Watch: work(undefined) } },
      ],
      Catch: [{ ErrorEquals: ['Refused'], Next: 'Tell' }],
      Next: 'Done',
    },
    Done: pass(undefined, { Output: '{% $states.input[0] %}' }),
    Tell: work(undefined),
  } as never);

  it('runs a discriminator inside a Map inside a Parallel', () => {
    const desk = new Desk(nested);
    desk.complete('Legal', 'l', 0);
    expect(desk.allOpen).toEqual(['Finance', 'Judge', 'Legal', 'Sales', 'Watch']);
    desk.complete('Sales', 's');
    expect(desk.allOpen).toEqual(['Judge', 'Judge', 'Watch']);
    desk.complete('Judge', { verdict: 'yes' }, 0);
    desk.complete('Watch');
    desk.complete('Judge', { verdict: 'well' });
    expect(desk.state).toMatchObject({ status: 'SUCCEEDED', output: [{ verdict: 'yes' }, { verdict: 'well' }] });
    expect(desk.replay()).toEqual(desk.state);
  });

  it('catches around it what one of its items fails with, and withdraws all that is open', () => {
    const desk = new Desk(nested);
    desk.begin('Finance', 1);
    desk.complete('Legal', 'l', 0);
    desk.complete('Judge', { verdict: 'never' });
    expect(desk.open).toEqual(['Tell']);
    expect(desk.cancelled.toSorted()).toEqual(['Finance', 'Finance', 'Legal', 'Sales', 'Sales', 'Watch']);
    expect(desk.state.scopes.size).toBe(1);
    desk.complete('Tell');
    expect(desk.state.status).toBe('SUCCEEDED');
    expect(desk.isSound).toBe(true);
  });

  it('decides an OR-join after a redrive by what is open then', () => {
    const states = {
      Split: pass(['B', 'C', 'D']),
      B: work('J'),
      C: work('Where'),
      Where: {
        Type: 'Choice',
        Choices: [{ Condition: '{% $states.input.comes %}', Next: 'J' }],
        Default: 'Elsewhere',
      },
      Elsewhere: pass(undefined),
      D: work(undefined),
      J: work(undefined, { Join: 'active' }),
    };
    const fails = (comes: boolean) => {
      const desk = new Desk(definition(states));
      desk.complete('B', 'b');
      desk.tell({ type: 'TaskFailed', activation: desk.id('D'), attempt: 1, reason: 'failed', error: 'Broken' });
      expect(desk.state.status).toBe('FAILED');
      desk.redrive();
      expect(desk.open).toEqual(['C', 'D']);
      desk.complete('C', { comes });
      return desk;
    };
    const comes = fails(true);
    expect(comes.open).toEqual(['D', 'J']);
    expect(comes.state.offers.get(comes.id('J'))?.task?.input).toMatchObject({ Payload: ['b', { comes: true }] });
    const leaves = fails(false);
    expect(leaves.open).toEqual(['D', 'J']);
    expect(leaves.state.offers.get(leaves.id('J'))?.task?.input).toMatchObject({ Payload: ['b'] });
    leaves.complete('J');
    leaves.complete('D');
    expect(leaves.state.status).toBe('SUCCEEDED');
    expect(leaves.replay()).toEqual(leaves.state);
  });

  it('gives up a region with running children, timers and places', () => {
    const desk = new Desk(
      definition({
        Split: pass(['Child', 'Timer', 'Rest', 'Stop']),
        Child: {
          Type: 'Task',
          Resource: 'arn:aws:states:::states:startExecution.sync:2',
          Arguments: { StateMachineArn: 'arn:aws:states:eu-west-1:123456789012:stateMachine:other' },
          Next: 'After',
        },
        Timer: { Type: 'Wait', Seconds: 60, Next: 'After' },
        Rest: place('Take', 'Late'),
        Take: work('After'),
        Late: { Type: 'Wait', Seconds: 30, Next: 'After' },
        After: work(undefined),
        Stop: work(undefined, { Cancels: ['Child', 'Timer', 'Rest', 'After'] }),
      } as never),
    );
    const [child] = desk.tasks('Child');
    desk.complete('Stop');
    expect(desk.state.status).toBe('SUCCEEDED');
    expect(desk.cancelled.toSorted()).toEqual(['Child', 'Take']);
    // The child runs outside: it stands in the state that it is to be stopped, until it has been.
    expect(desk.state.owed).toEqual([expect.objectContaining({ state: 'Child', activation: child?.activation })]);
    expect(desk.events.filter(({ type }) => type === 'StatesWithdrawn')).toHaveLength(1);
    expect(desk.replay()).toEqual(desk.state);
  });
});
