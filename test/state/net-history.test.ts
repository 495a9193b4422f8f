import { describe, expect, it } from 'vitest';
import { Desk, definition, pass, place, WORK_ITEM, work } from '../model/net/desk.ts';

/** The history as `id<previous type name`. */
function outline(desk: Desk): readonly string[] {
  return desk.history().map((event) => {
    const { id, previousEventId, type } = event;
    const details = Object.entries(event).find(([field]) => field.endsWith('EventDetails'))?.[1];
    const name = typeof details === 'object' ? details?.['name'] : undefined;
    return `${id}<${previousEventId} ${type}${typeof name === 'string' ? ` ${name}` : ''}`;
  });
}

/** Whether the core and the history count alike. */
function isCounted(desk: Desk): boolean {
  const history = desk.history();
  const entries = new Set(history.flatMap(({ id, type }) => (type.endsWith('StateEntered') ? [id] : [])));
  const isNumbered = history.every(({ id, previousEventId }, index) => id === index + 1 && previousEventId < id);
  const isEntered = [...desk.state.activations.values()].every(({ enteredEvent }) => entries.has(enteredEvent));
  return isNumbered && isEntered && history.length === desk.state.historyLength;
}

describe('the history of a net', () => {
  it('shows what happens to a work item, and not that it was offered', () => {
    const desk = new Desk(definition({ A: work(undefined, { Arguments: { Title: 'Look' }, TimeoutSeconds: 60 }) }));
    expect(outline(desk)).toEqual(['1<0 ExecutionStarted']);
    const activation = desk.id('A');
    desk.tell({ type: 'TaskStarted', activation, attempt: 1, worker: 'ann' });
    desk.tell({ type: 'TaskReturned', activation, attempt: 1 });
    desk.tell({ type: 'TaskStarted', activation, attempt: 1, worker: 'bob' });
    desk.tell({ type: 'TaskSucceeded', activation, attempt: 1, output: 7 });
    expect(outline(desk)).toEqual([
      '1<0 ExecutionStarted',
      '2<0 TaskStateEntered A',
      '3<2 WorkItemScheduled',
      '4<3 WorkItemStarted',
      '5<4 WorkItemReturned',
      '6<5 WorkItemStarted',
      '7<6 WorkItemSucceeded',
      '8<7 TaskStateExited A',
      '9<8 ExecutionSucceeded',
    ]);
    const [, , scheduled, started, , , succeeded] = desk.history();
    expect(scheduled?.['workItemScheduledEventDetails']).toMatchObject({
      input: '{"Title":"Look","Payload":{}}',
      resource: WORK_ITEM,
      timeoutInSeconds: 60,
    });
    expect(started?.['workItemStartedEventDetails']).toEqual({ workerName: 'ann' });
    expect(succeeded?.['workItemSucceededEventDetails']).toMatchObject({ output: '7' });
    expect(isCounted(desk)).toBe(true);
  });

  it.each([
    ['WorkItemFailed', (desk: Desk) => desk.fail({ error: 'E' }, { activation: desk.id('A'), attempt: 1 } as never)],
    ['WorkItemTimedOut', (desk: Desk) => desk.sleep()],
  ])('shows %s', (type, end) => {
    const desk = new Desk(definition({ A: work(undefined, { TimeoutSeconds: 60 }) }));
    desk.begin('A');
    end(desk);
    expect(outline(desk).slice(3)).toEqual(['4<3 WorkItemStarted', `5<4 ${type}`, '6<5 ExecutionFailed']);
  });

  it('follows tokens through a join, from the latest', () => {
    const desk = new Desk(
      definition({ A: pass(['B', 'C']), B: work('D'), C: work('D'), D: pass(undefined, { Join: 'all' }) }),
    );
    desk.complete('C', 'c');
    desk.complete('B', 'b');
    expect(outline(desk)).toEqual([
      '1<0 ExecutionStarted',
      '2<0 PassStateEntered A',
      '3<2 PassStateExited A',
      '4<3 TaskStateEntered C',
      '5<4 WorkItemScheduled',
      '6<5 WorkItemStarted',
      '7<6 WorkItemSucceeded',
      '8<7 TaskStateExited C',
      '9<3 TaskStateEntered B',
      '10<9 WorkItemScheduled',
      '11<10 WorkItemStarted',
      '12<11 WorkItemSucceeded',
      '13<12 TaskStateExited B',
      '14<13 PassStateEntered D',
      '15<14 PassStateExited D',
      '16<15 ExecutionSucceeded',
    ]);
    expect(desk.history()[13]).toHaveProperty('stateEnteredEventDetails.input', '["b","c"]');
  });

  it('follows tokens that a join has made one before its state starts', () => {
    const desk = new Desk(
      definition({
        A: pass(['B', 'P', 'D']),
        B: work('J'),
        P: place('J', 'X'),
        X: work(undefined),
        D: work('J'),
        J: work(undefined, { Join: { Count: 2, Rest: 'absorb' } }),
      }),
    );
    desk.complete('B');
    desk.complete('J');
    expect(outline(desk).slice(2)).toEqual([
      '3<2 PassStateExited A',
      '4<3 PlaceStateEntered P',
      '5<3 TaskStateEntered B',
      '6<5 WorkItemScheduled',
      '7<6 WorkItemStarted',
      '8<7 WorkItemSucceeded',
      '9<8 TaskStateExited B',
      '10<4 PlaceStateExited P',
      '11<10 TaskStateEntered J',
      '12<11 WorkItemScheduled',
      '13<12 WorkItemStarted',
      '14<13 WorkItemSucceeded',
      '15<14 TaskStateExited J',
    ]);
    expect(isCounted(desk)).toBe(true);
  });

  it('shows when a token reaches a place, and when a state takes it', () => {
    const desk = new Desk(
      definition({ A: pass('P', { Output: 'x' }), P: place('B', 'C'), B: work(undefined), C: work(undefined) }),
    );
    desk.complete('C');
    expect(outline(desk).slice(3, 6)).toEqual([
      '4<3 PlaceStateEntered P',
      '5<4 PlaceStateExited P',
      '6<5 TaskStateEntered C',
    ]);
    const [, , , reached, left] = desk.history();
    expect(reached?.['stateEnteredEventDetails']).toMatchObject({ name: 'P', input: '"x"' });
    expect(left?.['stateExitedEventDetails']).toMatchObject({ name: 'P', output: '"x"' });
    expect(isCounted(desk)).toBe(true);
  });

  it('shows events, and which state took them', () => {
    const trigger = { Trigger: { Event: 'paid' } };
    const desk = new Desk(definition({ A: pass(['B', 'C']), B: pass(undefined, trigger), C: work(undefined) }));
    desk.send('paid', { amount: 3 }, 'p-1');
    desk.send('paid', {}, 'p-1');
    desk.send('nobody', {}, 'n-1');
    expect(outline(desk).slice(3)).toEqual([
      '4<0 EventReceived paid',
      '5<3 PassStateEntered B',
      '6<5 PassStateExited B',
      '7<0 EventReceived nobody',
    ]);
    const [, , , received, entered, , lost] = desk.history();
    expect(received?.['eventReceivedEventDetails']).toEqual({
      name: 'paid',
      id: 'p-1',
      outcome: 'kept',
      payload: '{"amount":3}',
      payloadDetails: { truncated: false },
    });
    expect(entered?.['stateEnteredEventDetails']).toMatchObject({ name: 'B', event: 'p-1' });
    expect(lost?.['eventReceivedEventDetails']).toMatchObject({ outcome: 'discarded' });
  });

  it('shows what is withdrawn and by which state, each on its own thread', () => {
    const desk = new Desk(
      definition({
        A: pass(['K', 'B', 'P', 'W', 'Both', 'M']),
        K: work(undefined, { Cancels: ['B', 'P', 'W', 'Both', 'M'] }),
        B: work(undefined),
        P: { Type: 'Place', Next: [] },
        W: { Type: 'Wait', Seconds: 60, End: true },
        Both: {
          Type: 'Parallel',
          Branches: [{ StartAt: 'I', States: { I: { Type: 'Wait', Seconds: 60, End: true } } }],
          End: true,
        },
        M: {
          Type: 'Map',
          Items: [1],
          ItemProcessor: { StartAt: 'X', States: { X: work(undefined) } },
          End: true,
        },
      }),
    );
    desk.begin('B');
    desk.begin('X');
    const before = outline(desk).length;
    const head = (text: string) => outline(desk).findIndex((line) => line.endsWith(text)) + 1;
    desk.complete('K');
    const entered = (name: string) => head(`Entered ${name}`);
    expect(
      outline(desk)
        .slice(before + 4)
        .map((line) => line.slice(line.indexOf('<') + 1)),
    ).toEqual([
      `${entered('W')} WaitStateAborted W`,
      `${entered('I')} WaitStateAborted I`,
      `${head('ParallelStateStarted')} ParallelStateAborted Both`,
      `${head('MapStateStarted')} MapIterationAborted M`,
      `${entered('X') + 2} TaskStateAborted X`,
      `${head('MapStateStarted')} MapStateAborted M`,
      `${entered('B') + 2} TaskStateAborted B`,
      `${entered('P')} PlaceStateAborted P`,
      `${entered('K') + 3} TaskStateExited K`,
      `${head('TaskStateExited K')} ExecutionSucceeded`,
    ]);
    const aborted = desk.history().filter(({ type }) => type === 'TaskStateAborted');
    expect(aborted.map((event) => event['stateAbortedEventDetails'])).toEqual([
      { name: 'X', by: 'K' },
      { name: 'B', by: 'K' },
    ]);
    expect(isCounted(desk)).toBe(true);
  });

  it.each([
    ['Succeed', { Type: 'Succeed' }, 'ExecutionSucceeded'],
    ['Fail', { Type: 'Fail', Error: 'E' }, 'ExecutionFailed'],
  ])('shows what was open when %s ends it', (_, T, type) => {
    const desk = new Desk(
      definition({ A: pass(['B', 'C', 'P']), B: work('T'), C: work('T'), P: { Type: 'Place', Next: [] }, T }),
    );
    desk.begin('C');
    desk.complete('B');
    const last = outline(desk).slice(-3);
    expect(last[0]).toMatch(/TaskStateAborted C$/);
    expect(last[1]).toMatch(/PlaceStateAborted P$/);
    expect(last[2]).toMatch(new RegExp(type));
    expect(isCounted(desk)).toBe(true);
  });

  it('shows what was open in a branch that is a net', () => {
    const branch = {
      StartAt: 'A',
      States: { A: pass(['B', 'C']), B: work(undefined), C: work('T'), T: { Type: 'Succeed' } },
    };
    const desk = new Desk(definition({ Both: { Type: 'Parallel', Branches: [branch], End: true } }));
    desk.begin('B');
    desk.complete('C');
    expect(outline(desk).slice(-5)).toEqual([
      '15<14 SucceedStateExited T',
      '16<8 TaskStateAborted B',
      '17<15 ParallelStateSucceeded',
      '18<15 ParallelStateExited Both',
      '19<18 ExecutionSucceeded',
    ]);
    expect(isCounted(desk)).toBe(true);
  });

  it('lets a deadlock, which no state is to blame for, follow on what opened its scope', () => {
    const states = { A: pass(['J', 'P']), B: pass('J'), J: pass(undefined, { Join: 'all' }), P: place() };
    const desk = new Desk(definition(states));
    expect(outline(desk).slice(2)).toEqual([
      '3<2 PassStateExited A',
      '4<3 PlaceStateEntered P',
      '5<4 PlaceStateAborted P',
      '6<0 ExecutionFailed',
    ]);
    const inside = new Desk(
      definition({
        Each: { Type: 'Map', Items: [1], ItemProcessor: { StartAt: 'A', States: states }, End: true },
      }),
    );
    expect(outline(inside).slice(3)).toEqual([
      '4<3 MapIterationStarted Each',
      '5<4 PassStateEntered A',
      '6<5 PassStateExited A',
      '7<6 PlaceStateEntered P',
      '8<4 NetFailed',
      '9<8 MapIterationFailed Each',
      '10<7 PlaceStateAborted P',
      '11<8 MapStateFailed',
      '12<11 ExecutionFailed',
    ]);
    expect(inside.history()[7]?.['netFailedEventDetails']).toMatchObject({ error: 'States.Deadlock' });
    expect(isCounted(desk) && isCounted(inside)).toBe(true);
  });

  it('shows a Map that is left while items run on, items that are added, and items that are given up', () => {
    const map = {
      Type: 'Map',
      Items: [1, 2],
      Dynamic: true,
      Completion: { Count: 2 },
      ItemProcessor: { StartAt: 'I', States: { I: work(undefined) } },
      Next: 'After',
    };
    const desk = new Desk(definition({ M: map, After: work(undefined) }));
    desk.add('M', [3], 'more');
    desk.complete('I', 'a');
    desk.complete('I', 'b');
    desk.complete('I', 'c');
    desk.complete('After');
    expect(outline(desk).filter((line) => !/(Iteration|WorkItem|TaskState)/.test(line))).toEqual([
      '1<0 ExecutionStarted',
      '2<0 MapStateEntered M',
      '3<2 MapStateStarted',
      '6<3 ItemsAdded M',
      '20<19 MapStateSucceeded',
      '21<19 MapStateExited M',
      '33<32 ExecutionSucceeded',
    ]);
    expect(desk.history()[5]).toHaveProperty('itemsAddedEventDetails', { name: 'M', request: 'more', length: 1 });
    expect(isCounted(desk)).toBe(true);
  });

  it('says that a tie between joins was broken', () => {
    const desk = new Desk(
      definition({
        A: pass(['J', 'K']),
        J: pass('K', { Join: 'active' }),
        K: pass('X', { Join: 'active' }),
        X: { Type: 'Choice', Choices: [{ Condition: '{% false %}', Next: 'J' }], Default: 'Done' },
        Done: pass(undefined),
      }),
    );
    const broken = desk.history().find(({ type }) => type === 'JoinTieBroken');
    expect(broken).toMatchObject({ previousEventId: 3, joinTieBrokenEventDetails: { name: 'J' } });
    expect(isCounted(desk)).toBe(true);
  });

  it('goes on after a redrive with what waits', () => {
    const desk = new Desk(
      definition({
        A: pass(['B', 'C', 'P']),
        B: work('D'),
        C: work('D'),
        P: place('E', 'F'),
        E: work(undefined),
        F: work(undefined),
        D: pass(undefined, { Join: 'all' }),
      }),
    );
    desk.complete('B');
    desk.fail({ error: 'E' }, { activation: desk.id('C'), attempt: 1 } as never);
    expect(desk.state.status).toBe('FAILED');
    desk.redrive();
    expect(desk.state.status).toBe('RUNNING');
    desk.complete('C');
    desk.complete('E');
    expect(desk.state.status).toBe('SUCCEEDED');
    expect(isCounted(desk)).toBe(true);
    const later = outline(desk);
    const redriven = later.findIndex((line) => line.includes('ExecutionRedriven')) + 1;
    expect(later.slice(redriven)).toEqual([
      '17<10 WorkItemScheduled',
      '18<17 WorkItemSucceeded',
      '19<18 TaskStateExited C',
      '20<19 PassStateEntered D',
      '21<20 PassStateExited D',
      '22<4 PlaceStateExited P',
      '23<22 TaskStateEntered E',
      '24<23 WorkItemScheduled',
      '25<24 WorkItemStarted',
      '26<25 WorkItemSucceeded',
      '27<26 TaskStateExited E',
      '28<27 ExecutionSucceeded',
    ]);
  });
});
