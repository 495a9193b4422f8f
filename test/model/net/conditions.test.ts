import { describe, expect, it } from 'vitest';
import { NetView } from '../../../lib/model/net/view.ts';
import { Desk, definition, pass, place, work } from './desk.ts';

describe('start conditions', () => {
  it('withdraws the alternatives of a place when one of them begins', () => {
    const desk = new Desk(
      definition({ A: work('P'), P: place('B', 'C'), B: work('D'), C: work('D'), D: work(undefined) }),
    );
    desk.complete('A', 1);
    expect(desk.open).toEqual(['B', 'C']);
    const late = desk.id('B');
    desk.begin('C');
    expect(desk.open).toEqual(['C']);
    expect(desk.cancelled).toEqual(['B']);
    expect(desk.tell({ type: 'TaskStarted', activation: late, attempt: 1 })).toEqual([]);
    desk.complete('C');
    desk.complete('D');
    expect(desk.state.status).toBe('SUCCEEDED');
    expect(desk.replay()).toEqual(desk.state);
  });

  it('offers one start for each token in a place', () => {
    const desk = new Desk(
      definition({ A: work(['P', 'P']), P: place('B', 'C'), B: work(undefined), C: work(undefined) }),
    );
    desk.complete('A');
    expect(desk.allOpen).toEqual(['B', 'B', 'C', 'C']);
    desk.begin('B', 1);
    expect(desk.allOpen).toEqual(['B', 'B', 'C']);
    desk.begin('C');
    expect(desk.allOpen).toEqual(['B', 'C']);
    expect(desk.isSound).toBe(true);
  });

  it('gives whoever takes work what it was offered with', () => {
    const desk = new Desk(
      definition({
        A: pass(['B', 'C'], { Assign: { x: 1 } }),
        B: work(undefined, { Arguments: { Payload: '{% $x %}' } }),
        C: work(undefined, { Assign: { x: 2 } }),
      }),
    );
    const offered = desk.state.offers.get(desk.id('B'))?.task?.input;
    desk.complete('C');
    desk.begin('B');
    const taken = desk.state.activations.get(desk.id('B'))?.work;
    expect(taken).toMatchObject({ kind: 'task', input: offered });
    expect(offered).toEqual({ Payload: 1 });
  });

  it('lets the time decide where a Wait follows a place', () => {
    const states = {
      A: work('P'),
      P: place('B', 'Late'),
      B: work(undefined, { Output: 'b' }),
      Late: { Type: 'Wait', Seconds: 60, End: true, Output: 'late' },
    };
    const inTime = new Desk(definition(states));
    inTime.complete('A');
    expect(inTime.open).toEqual(['B']);
    inTime.begin('B');
    expect(inTime.state.offers.size).toBe(0);
    inTime.complete('B');
    expect(inTime.state).toMatchObject({ status: 'SUCCEEDED', output: 'b' });

    const late = new Desk(definition(states));
    late.complete('A');
    const offer = late.id('B');
    late.sleep();
    expect(late.state).toMatchObject({ status: 'SUCCEEDED', output: 'late' });
    expect(late.cancelled).toEqual(['B']);
    expect(late.tell({ type: 'TaskSucceeded', activation: offer, attempt: 1, output: {} })).toEqual([]);
    expect(late.now - (late.events[0]?.at ?? 0)).toBe(60_000);
  });

  it('starts only while a token rests in the place of its milestone', () => {
    const states = {
      Start: pass(['A', 'W']),
      A: work('M'),
      M: place('Close'),
      Close: work(undefined, { Cancels: ['Before X'] }),
      W: work('Before X'),
      'Before X': place('X'),
      X: work(undefined, { Milestone: 'M' }),
    };
    const reached = new Desk(definition(states));
    reached.complete('W');
    expect(reached.open).toEqual(['A']);
    reached.complete('A');
    expect(reached.open).toEqual(['Close', 'X']);
    reached.complete('X');
    expect(reached.open).toEqual(['Close']);
    reached.complete('Close');
    expect(reached.state.status).toBe('SUCCEEDED');

    const expired = new Desk(definition(states));
    expired.complete('W');
    expired.complete('A');
    const late = expired.id('X');
    expired.begin('Close');
    expect(expired.open).toEqual(['Close']);
    expect(expired.tell({ type: 'TaskStarted', activation: late, attempt: 1 })).toEqual([]);
    expired.complete('Close');
    expect(expired.state.status).toBe('SUCCEEDED');
    expect(expired.replay()).toEqual(expired.state);
  });

  it('keeps states of a mutex apart, also between two of a group', () => {
    const desk = new Desk(
      definition(
        {
          A: pass(['B', 'C', 'K']),
          B: work('D'),
          D: work(undefined),
          C: work('E'),
          E: work(undefined),
          K: work(undefined, { Cancels: ['B', 'D'] }),
        },
        {
          Mutex: {
            account: [
              ['B', 'D'],
              ['C', 'E'],
            ],
          },
        },
      ),
    );
    expect(desk.open).toEqual(['B', 'C', 'K']);
    const other = desk.id('C');
    desk.begin('B');
    expect(desk.open).toEqual(['B', 'K']);
    expect(desk.tell({ type: 'TaskStarted', activation: other, attempt: 1 })).toEqual([]);
    desk.complete('B');
    expect(desk.open).toEqual(['D', 'K']);
    desk.complete('K');
    expect(desk.open).toEqual(['C']);
    desk.complete('C');
    desk.complete('E');
    expect(desk.state.status).toBe('SUCCEEDED');
  });

  it('runs automatic states of a mutex one after the other', () => {
    const desk = new Desk(
      definition(
        { A: pass(['B', 'C']), B: { Type: 'Wait', Seconds: 5, End: true }, C: { Type: 'Wait', Seconds: 5, End: true } },
        { Mutex: { printer: ['B', 'C'] } },
      ),
    );
    expect([...desk.state.activations.values()].map(({ state }) => state)).toEqual(['B']);
    desk.sleep();
    expect([...desk.state.activations.values()].map(({ state }) => state)).toEqual(['C']);
    desk.sleep();
    expect(desk.state.status).toBe('SUCCEEDED');
  });
});

describe('starts that nobody waits for', () => {
  it('keeps states of a mutex apart that cannot be offered', () => {
    const bad = {
      Arguments: { Payload: '{% $error("no") %}' },
      Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 10 }],
    };
    const desk = new Desk(
      definition(
        { A: pass(['B', 'C']), B: work(undefined, bad), C: work(undefined, bad) },
        { Mutex: { printer: ['B', 'C'] } },
      ),
    );
    expect([...desk.state.activations.values()].map(({ state }) => state)).toEqual(['B']);
  });

  it('lets timers that are due together happen one after the other', () => {
    const desk = new Desk(
      definition({
        A: pass(['Early', 'Late']),
        Early: { Type: 'Wait', Seconds: 5, Next: 'K' },
        K: pass(undefined, { Cancels: ['Late'] }),
        Late: { Type: 'Wait', Seconds: 10, Next: 'TooLate' },
        TooLate: work(undefined),
      }),
    );
    desk.now += 20_000;
    desk.tell({ type: 'Wake' });
    expect(desk.state.status).toBe('SUCCEEDED');
    expect(desk.replay()).toEqual(desk.state);
  });
});

describe('triggers', () => {
  const loop = (persistent: boolean) =>
    definition({
      A: work('B'),
      B: work('Again', {
        Trigger: { Event: 'e', Persistent: persistent },
        Arguments: { Payload: '{% $states.context.Event.Payload %}' },
      }),
      Again: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.again %}', Next: 'A' }], Default: 'Done' },
      Done: pass(undefined),
    });

  it('loses a transient event that nobody waits for', () => {
    const desk = new Desk(loop(false));
    desk.send('e');
    desk.complete('A');
    expect(desk.open).toEqual([]);
    expect(desk.state.status).toBe('RUNNING');
    desk.send('e', { n: 1 });
    expect(desk.open).toEqual(['B']);
    expect(desk.state.offers.get(desk.id('B'))?.task?.input).toEqual({ Payload: { n: 1 } });
    desk.send('e');
    desk.complete('B', { again: true });
    desk.complete('A');
    expect(desk.open).toEqual([]);
    desk.send('e');
    desk.complete('B', { again: false });
    expect(desk.state.status).toBe('SUCCEEDED');
    expect(desk.events.filter((event) => event.type === 'EventReceived' && event.outcome === 'discarded')).toHaveLength(
      2,
    );
    expect(desk.replay()).toEqual(desk.state);
  });

  it('keeps persistent events, counted, and ignores one that comes again', () => {
    const desk = new Desk(loop(true));
    desk.send('e', 1, 'first');
    desk.send('e', 1, 'first');
    desk.send('e', 2, 'second');
    desk.complete('A');
    expect(desk.open).toEqual(['B']);
    desk.complete('B', { again: true });
    desk.complete('A');
    expect(desk.open).toEqual(['B']);
    expect(desk.send('e', 1, 'first')).toEqual([]);
    desk.complete('B', { again: true });
    desk.complete('A');
    expect(desk.open).toEqual([]);
    expect(desk.state.status).toBe('RUNNING');
    expect(desk.isSound).toBe(true);
  });

  it('starts a state of its own kind by the event, once', () => {
    const desk = new Desk(
      definition({
        A: pass(['B', 'C']),
        B: pass(undefined, { Trigger: { Event: 'go' }, Output: '{% $states.context.Event.Payload %}' }),
        C: pass(undefined, { Trigger: { Event: 'go' }, Output: '{% $states.context.Event.Payload %}' }),
      }),
    );
    desk.send('go', 1);
    expect(desk.state.status).toBe('RUNNING');
    desk.send('go', 2);
    expect(desk.state).toMatchObject({ status: 'SUCCEEDED', output: 2 });
  });

  it('chooses by event where triggered states follow a place', () => {
    const desk = new Desk(
      definition({
        P: place('Paid', 'Cancelled', 'Late'),
        Paid: pass(undefined, { Trigger: { Event: 'paid' }, Output: 'paid' }),
        Cancelled: pass(undefined, { Trigger: { Event: 'cancelled' }, Output: 'cancelled' }),
        Late: { Type: 'Wait', Seconds: 60, End: true, Output: 'late' },
      }),
    );
    desk.send('cancelled');
    expect(desk.state).toMatchObject({ status: 'SUCCEEDED', output: 'cancelled' });
  });
});

describe('a view of a net', () => {
  it('names the states because of which a mutex keeps another from starting', () => {
    const desk = new Desk(
      definition(
        { A: pass(['B', 'C']), B: work('D'), D: work(undefined), C: work(undefined) },
        { Mutex: { account: [['B', 'D'], ['C']] } },
      ),
    );
    const occupants = () => new NetView(desk.plan, desk.state, 0).occupants('C');
    expect(occupants()).toEqual([]);
    desk.begin('B');
    expect(occupants()).toEqual(['B']);
    desk.complete('B');
    expect(occupants()).toEqual(['D']);
    desk.complete('D');
    expect(occupants()).toEqual([]);
  });
});
