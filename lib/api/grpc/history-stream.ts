import type { JsonObject, MessageInitShape } from '@bufbuild/protobuf';
import { timestampFromMs } from '@bufbuild/protobuf/wkt';
import type { HandlerContext } from '@connectrpc/connect';
import { detailsField, type HistoryEvent } from '../../state/history/history-event.ts';
import { restDemands } from '../auth/rest-demands.ts';
import { arnOf } from '../rest/execution-routes.ts';
import type { Services } from '../services.ts';
import { followHistory, type HistoryItem } from '../use-cases/follow-history.ts';
import { visitOf } from './call.ts';
import { toConnectError } from './errors.ts';
import type { HistoryEventSchema, StreamHistoryRequest, StreamHistoryResponseSchema } from './gen/knhk_pb.ts';

type Response = MessageInitShape<typeof StreamHistoryResponseSchema>;

/** What REST has as pages of `getHistory`, as a stream. */
export function historyStream(services: Services) {
  return async function* (
    { workflow, execution, after, follow }: StreamHistoryRequest,
    context: HandlerContext,
  ): AsyncGenerator<Response, void, undefined> {
    try {
      const visit = await visitOf(context);
      const demands = restDemands.get('getHistory')?.({ params: { workflow, execution }, query: {}, body: undefined });
      const items = await visit.perform(services, { name: 'streamHistory', demands: demands ?? [] }, async (known) =>
        followHistory(known, arnOf(known.place, { workflow, execution }), { after, follow, signal: context.signal }),
      );
      for await (const item of items) yield { item: view(item) };
      context.signal.throwIfAborted();
    } catch (error) {
      throw toConnectError(services, error);
    }
  };
}

function view(item: HistoryItem): NonNullable<Response['item']> {
  switch (item.kind) {
    case 'event':
      return { case: 'event', value: historyEvent(item.event) };
    case 'end': {
      const { status, after, more } = item;
      return { case: 'end', value: { status, after, more } };
    }
  }
}

function historyEvent(event: HistoryEvent): MessageInitShape<typeof HistoryEventSchema> {
  const { id, previousEventId, type, timestamp } = event;
  const details = event[detailsField(type)];
  return {
    ...{ id, previousEventId, type, timestamp: timestampFromMs(timestamp) },
    // Asserted: Protobuf's type of JSON allows to change what this one does not.
    ...(details === undefined ? {} : { details: details as JsonObject }),
  };
}
