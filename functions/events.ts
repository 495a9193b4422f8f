import type { Json } from '../lib/model/json.ts';

/**
 * What an EventBridge rule of `engine.startOn` invokes the api function with, asynchronously and at least once:
 *
 *     { "knhk": "start", "workflow": "order", "name": "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "input": { … } }
 *
 * Delivering it twice starts one execution, because `name` is the event's id. A handler that throws is tried twice
 * more by Lambda; after that the event goes to the queue of undelivered events.
 */
export interface StartEvent {
  readonly knhk: 'start';
  /** Name of the workflow, not its ARN. */
  readonly workflow: string;
  /** The event's id: name of the execution. */
  readonly name: string;
  /** The whole event as EventBridge delivers it, with `id`, `source`, `detail-type`, `time` and `detail`. */
  readonly input: Json;
}

/** What the projector is invoked with every minute: find what a crash or a lost message left behind. */
export interface SweepEvent {
  readonly sweep: true;
}
