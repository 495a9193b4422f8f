import { describe, expect, it } from 'vitest';
import { MAX_LOG_MESSAGE_BYTES } from '../../lib/ports/execution-log.ts';
import type { HistoryEvent, HistoryEventType } from '../../lib/state/history/history-event.ts';
import { isLogged, type LogLevel, logMessage } from '../../lib/state/history/log-event.ts';

const execution = 'arn:aws:states:us-east-1:123456789012:execution:order:1';
const entered = (input: string): HistoryEvent => ({
  id: 2,
  previousEventId: 1,
  type: 'TaskStateEntered',
  timestamp: 1_763_848_188_500,
  stateEnteredEventDetails: { name: 'Work', input, inputDetails: { truncated: false } },
});

describe('an event in a log', () => {
  it('has the form of Step Functions, its numbers as texts', () => {
    const message = logMessage(entered('{"a":1}'), { execution, redriveCount: 1, includeData: true });
    expect(Object.entries(JSON.parse(message))).toEqual([
      ['id', '2'],
      ['type', 'TaskStateEntered'],
      ['details', { name: 'Work', input: '{"a":1}', inputDetails: { truncated: false } }],
      ['redrive_count', '1'],
      ['previous_event_id', '1'],
      ['event_timestamp', '1763848188500'],
      ['execution_arn', execution],
    ]);
  });

  it('leaves out what belongs to the execution where it is not to be told, and tells what failed', () => {
    const format = { execution, redriveCount: 0, includeData: false };
    expect(JSON.parse(logMessage(entered('{"secret":1}'), format))).toMatchObject({ details: { name: 'Work' } });
    expect(logMessage(entered('{"secret":1}'), format)).not.toContain('secret');
    const failed: HistoryEvent = {
      ...{ id: 3, previousEventId: 2, type: 'TaskFailed', timestamp: 0 },
      taskFailedEventDetails: { resource: 'invoke', resourceType: 'lambda', error: 'Refused', cause: 'No.' },
    };
    expect(JSON.parse(logMessage(failed, format)).details).toEqual(failed['taskFailedEventDetails']);
    const received: HistoryEvent = {
      ...{ id: 5, previousEventId: 0, type: 'EventReceived', timestamp: 0 },
      eventReceivedEventDetails: { name: 'paid', id: '1', payload: '"secret"', payloadDetails: { truncated: false } },
    };
    expect(JSON.parse(logMessage(received, format)).details).toEqual({ name: 'paid', id: '1' });
    const bare: HistoryEvent = { id: 4, previousEventId: 3, type: 'LambdaFunctionStarted', timestamp: 0 };
    expect(JSON.parse(logMessage(bare, format)).details).toEqual({});
  });

  it('is cut, and marked so, where it is larger than a log takes', () => {
    const format = { execution, redriveCount: 0, includeData: true };
    const fitting = logMessage(entered('"'.repeat(100_000)), format);
    expect(JSON.parse(fitting).details.input).toHaveLength(100_000);
    const cut = logMessage(entered('"'.repeat(130_000)), format);
    expect(JSON.parse(cut).details).toEqual({ name: 'Work', inputDetails: { truncated: true } });
    const endless: HistoryEvent = { ...entered(''), stateEnteredEventDetails: { name: 'ü'.repeat(130_000) } };
    const bounded = logMessage(endless, format);
    expect(Buffer.byteLength(bounded)).toBeLessThan(MAX_LOG_MESSAGE_BYTES);
    expect(JSON.parse(bounded)).toMatchObject({ type: 'TaskStateEntered', details: {} });
  });

  it('is of the levels that the documentation gives it', () => {
    const levels = (type: HistoryEventType) =>
      (['ALL', 'ERROR', 'FATAL'] as const satisfies LogLevel[]).filter((level) => isLogged(type, level)).join(' ');
    for (const type of ['ExecutionAborted', 'ExecutionFailed', 'ExecutionTimedOut'] as const)
      expect(levels(type)).toBe('ALL ERROR FATAL');
    for (const type of [
      ...(['FailStateEntered', 'LambdaFunctionFailed', 'LambdaFunctionScheduleFailed', 'TaskTimedOut'] as const),
      ...(['TaskSubmitFailed', 'MapIterationAborted', 'ParallelStateFailed', 'WaitStateAborted'] as const),
      ...(['MapRunFailed', 'EvaluationFailed', 'ActivityTimedOut'] as const),
      ...(['WorkItemFailed', 'WorkItemTimedOut', 'PlaceStateAborted', 'JoinUndecided'] as const),
    ])
      expect(levels(type)).toBe('ALL ERROR');
    for (const type of [
      ...(['ExecutionStarted', 'ExecutionSucceeded', 'ExecutionRedriven', 'TaskStateEntered'] as const),
      ...(['TaskSucceeded', 'ParallelStateExited', 'MapIterationStarted', 'SucceedStateEntered'] as const),
      ...(['PlaceStateEntered', 'EventReceived', 'WorkItemReturned', 'JoinTieBroken', 'ItemsAdded'] as const),
    ])
      expect(levels(type)).toBe('ALL');
  });
});
