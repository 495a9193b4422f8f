import { trace } from '@opentelemetry/api';
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Json } from '../../lib/model/json.ts';
import { chain, task, World } from './harness.ts';

const GIVEN = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', tracestate: 'vendor=1' };
const TRACE = GIVEN.traceparent.slice(3, 35);
const exporter = new InMemorySpanExporter();
const spans = () => exporter.getFinishedSpans();
const named = (name: string) => spans().filter((span) => span.name === name);
const traceIds = () => new Set(spans().map((span) => span.spanContext().traceId));

function register(): void {
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  trace.setGlobalTracerProvider(provider);
}

afterEach(() => {
  trace.disable();
  exporter.reset();
});

describe('with an SDK', () => {
  beforeEach(register);

  test('one trace holds parent, child, and what comes after a crash', async () => {
    const seen: (string | undefined)[] = [];
    const world = new World();
    const never = world.process({ first: () => 1, second: () => new Promise(() => {}) });
    await world.register('inner', { StartAt: 'Do', States: { Do: task('second') } });
    const outer = await world.register('outer', {
      StartAt: 'First',
      States: {
        First: task('first', { Next: 'Child' }),
        Child: {
          Type: 'Task',
          Resource: 'arn:aws:states:::states:startExecution.sync:2',
          Parameters: { StateMachineArn: 'arn:aws:states:eu-central-1:123456789012:stateMachine:inner' },
          End: true,
        },
      },
    });
    const start = { workflow: outer, input: {}, trace: GIVEN };
    const { execution } = await never.engine.start(start, { run: true });
    await never.run(1_000);
    const after = world.process({
      second: (_input, { traceparent }) => {
        seen.push(traceparent);
        return 2;
      },
    });
    await after.recover();
    await after.run();
    expect((await after.state(execution)).status).toBe('SUCCEEDED');
    expect(traceIds()).toEqual(new Set([TRACE]));
    const names = ['execution inner', 'execution outer', 'start outer', 'state Child', 'state First'];
    for (const name of names) expect(named(name), name).toHaveLength(1);
    // The first process never heard of the end of its call, which is made again.
    expect(named('task Do')).toHaveLength(1);
    expect(seen).toEqual([`00-${TRACE}-${named('task Do')[0]?.spanContext().spanId}-01`]);
    const [start0] = named('start outer');
    expect(start0?.parentSpanContext?.spanId).toBe('b7ad6b7169203331');
    expect(named('execution outer')[0]?.parentSpanContext?.spanId).toBe(start0?.spanContext().spanId);
    const [child, again] = named('task Child');
    const [started, repeated] = named('start inner');
    expect(named('execution inner')[0]?.parentSpanContext?.spanId).toBe(started?.spanContext().spanId);
    expect(repeated?.attributes['knhk.commit.outcome']).toBe('conflict');
    expect(started?.parentSpanContext?.spanId).toBe(child?.spanContext().spanId);
    expect(repeated?.parentSpanContext?.spanId).toBe(again?.spanContext().spanId);
    expect(named('turn outer').map(({ attributes }) => attributes['knhk.turn.end'])).toContain('closed');
  });

  test('what is late in a long execution goes into traces of their own, linked to the first', async () => {
    const world = new World({ handlers: { work: () => 1 } });
    const workflow = await world.register('long', {
      StartAt: 'Rest',
      States: { Rest: { Type: 'Wait', Seconds: 7_200, Next: 'Work' }, Work: task('work') },
    });
    const process = world.process();
    await process.start(workflow, {});
    await process.run();
    const first = named('start long')[0]?.spanContext();
    expect(named('turn long')[0]?.spanContext().traceId).toBe(first?.traceId);
    const late = named('turn long').at(-1);
    expect(late?.spanContext().traceId).not.toBe(first?.traceId);
    expect(late?.links.map(({ context }) => context.spanId)).toEqual([first?.spanId]);
    expect(named('task Work')[0]?.spanContext().traceId).toBe(late?.spanContext().traceId);
    expect(named('execution long')[0]?.spanContext().traceId).toBe(first?.traceId);
  });

  test('a turn that goes on for long begins another trace every thousand spans', async () => {
    const world = new World({ handlers: { work: () => 1 } });
    const process = world.process();
    await process.start(await world.register('chain', chain('work', 700)), {});
    await process.run();
    const counts = [...traceIds()].map((id) => spans().filter((span) => span.spanContext().traceId === id).length);
    expect(counts.length).toBe(3);
    expect(Math.max(...counts)).toBeLessThanOrEqual(1_003);
    const [, ...continued] = named('turn chain');
    const root = named('start chain')[0]?.spanContext().spanId;
    for (const { links } of continued) expect(links[0]?.context.spanId).toBe(root);
  });

  test('each child of a map run has a trace, linked to the one that started it', async () => {
    const world = new World({ handlers: { work: () => 1 } });
    const processor: Json = {
      ...{ ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' }, StartAt: 'Work' },
      States: { Work: task('work') },
    };
    const each: Json = { Type: 'Map', Label: 'Each', ItemProcessor: processor, End: true };
    const process = world.process();
    await process.start(await world.register('fan', { StartAt: 'Each', States: { Each: each } }), [1, 2, 3]);
    await process.run();
    const starts = named('start fan/Each');
    expect(starts).toHaveLength(3);
    const [own] = named('start fan');
    expect(new Set([own, ...starts].map((span) => span?.spanContext().traceId)).size).toBe(4);
    for (const { links } of starts) expect(links[0]?.context.traceId).toBe(own?.spanContext().traceId);
  });

  test('failures are marked with their error', async () => {
    const world = new World({
      handlers: {
        work: () => {
          throw Object.assign(new Error('no'), { name: 'Broken' });
        },
      },
    });
    const process = world.process();
    await process.start(await world.register('fails', { StartAt: 'Work', States: { Work: task('work') } }), {});
    await process.run();
    expect(named('task Work')[0]?.attributes).toMatchObject({ 'error.type': 'Broken', 'knhk.task.outcome': 'failed' });
    expect(named('execution fails')[0]?.attributes).toMatchObject({
      ...{ 'error.type': 'Broken', 'knhk.execution.status': 'FAILED', 'knhk.workflow.name': 'fails' },
    });
  });

  test('an execution that ends with its start has a span as well', async () => {
    const world = new World();
    const process = world.process();
    await process.start(await world.register('short', { StartAt: 'P', States: { P: { Type: 'Pass', End: true } } }), 1);
    await process.run();
    expect(named('execution short')).toHaveLength(1);
  });
});

describe('without an SDK', () => {
  test('a trace that was given is passed on as it is', async () => {
    const seen: (string | undefined)[] = [];
    const world = new World({ handlers: { work: (_input, { traceparent }) => void seen.push(traceparent) } });
    const process = world.process();
    const workflow = await world.register('given', { StartAt: 'Work', States: { Work: task('work') } });
    const { execution } = await process.engine.start({ workflow, input: {}, trace: GIVEN }, { run: true });
    await process.run();
    expect(seen).toEqual([GIVEN.traceparent]);
    expect((await process.state(execution)).identity.trace).toEqual(GIVEN);
  });

  test('nothing of it is in the log, and nothing is passed on', async () => {
    const contexts: object[] = [];
    const world = new World({ handlers: { work: (_input, context) => void contexts.push(context) } });
    const process = world.process();
    const workflow = await world.register('none', { StartAt: 'Work', States: { Work: task('work') } });
    const execution = await process.start(workflow, {});
    await process.run();
    expect((await process.state(execution)).identity).not.toHaveProperty('trace');
    expect(contexts).toHaveLength(1);
    expect(contexts[0]).not.toHaveProperty('traceparent');
  });
});
