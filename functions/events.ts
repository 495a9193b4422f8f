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

/**
 * What an EventBridge rule of `engine.deliverOn` invokes the api function with, asynchronously and at least once:
 *
 *     {
 *       "knhk": "event", "workflow": "order", "execution": "$.detail.orderId", "event": "paid",
 *       "payload": "$.detail", "id": "$.id", "unmatched": "keep", "source": { … }
 *     }
 *
 * Delivering it twice changes nothing the second time. A handler that throws is tried twice more by Lambda; after that
 * the event goes to the queue of undelivered events.
 */
export interface DeliverEvent {
  readonly knhk: 'event';
  /** Name of the workflow; absent where `execution` gives ARNs. */
  readonly workflow?: string;
  /** JSONata over `source`, as are `payload` and `id`: gives the name of the execution, or its ARN. */
  readonly execution: string;
  /** Name of the event that is sent. */
  readonly event: string;
  readonly payload: string;
  readonly id: string;
  /** What becomes of it where there is no such execution. */
  readonly unmatched: 'keep' | 'discard';
  /** The whole event as EventBridge delivers it. */
  readonly source: Json;
}

/** What the projector is invoked with every minute: find what a crash or a lost message left behind. */
export interface SweepEvent {
  readonly sweep: true;
}
