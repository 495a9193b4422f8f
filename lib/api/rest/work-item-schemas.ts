import * as z from 'zod';
import { json } from './schemas.ts';

const time = z.iso.datetime();
const worker = z.string().min(1).max(256);

const inScope = {
  state: z.string(),
  within: z
    .string()
    .optional()
    .meta({ description: '`Fan[0]`: the first branch or item of `Fan`; absent at the top level.' }),
};

export const workItem = z
  .object({
    id: z.string().meta({ description: 'Its task token: whoever has it may end the item.' }),
    kind: z.enum(['workItem', 'activity', 'callback']),
    status: z.enum(['offered', 'started']),
    workflow: z.string(),
    execution: z.string().meta({ description: 'The `id` of its execution.' }),
    ...inScope,
    title: z.string().optional(),
    assignee: z.string().optional(),
    candidates: z.array(z.string()).optional(),
    role: z.string().optional().meta({ description: 'Only participants of this role were asked for.' }),
    unallocated: z
      .boolean()
      .optional()
      .meta({ description: 'true: nobody has been found for it yet; with empty `candidates`, nobody fits.' }),
    escalated: z
      .object({ step: z.int().min(1), at: time })
      .optional()
      .meta({ description: 'Nobody had taken it in time: the last step of its escalation.' }),
    payload: json.optional().meta({ description: 'What is to be worked on.' }),
    worker: z.string().optional().meta({ description: 'Who has started it.' }),
    offeredAt: time,
    startedAt: time.optional(),
    timeoutAt: time.optional(),
  })
  .meta({ id: 'WorkItem' });

export const workItemQuery = z.object({
  assignee: z
    .string()
    .optional()
    .meta({ description: 'Those that are for this person, or that this one has started.' }),
  candidate: z.string().optional().meta({ description: 'Those on offer that name this person as a candidate.' }),
});

const whoWorks = worker.optional().meta({ description: 'Absent: who calls, where callers are known.' });

export const startBody = z.object({ worker: whoWorks });
export const completeBody = z.object({ output: json.default({}), worker: worker.optional() });
export const failBody = z.object({
  error: z.string().max(256).optional(),
  cause: z.string().max(32_768).optional(),
  worker: worker.optional(),
});
export const returnBody = z.object({ worker: worker.optional() });
export const delegateBody = z.object({ worker: whoWorks, to: worker });

export const participant = z
  .object({
    id: z.string(),
    roles: z.array(z.string()),
    capabilities: z.array(z.string()),
    available: z.boolean().meta({ description: 'Whether new work goes to it.' }),
  })
  .meta({ id: 'Participant' });

const names = z.array(z.string().min(1).max(256)).max(100).default([]);
export const newParticipant = z.object({ roles: names, capabilities: names, available: z.boolean().default(true) });

const requestId = z.string().min(1).max(200);

export const newEvent = z.object({
  name: z.string().min(1).max(256),
  id: requestId.optional().meta({ description: 'A repeated one changes nothing; absent: a UUID.' }),
  payload: json.default({}),
});

export const sentEvent = z
  .object({
    id: z.string(),
    outcome: z.enum(['taken', 'kept', 'discarded', 'repeated']).meta({
      description:
        'taken: it started a state. kept: it waits for one. discarded: no state waits for it, and none keeps it. repeated: its id came before.',
    }),
  })
  .meta({ id: 'SentEvent' });

export const newItems = z.object({
  state: z.string().min(1).max(80).meta({ description: 'Name of the Map.' }),
  items: z.array(json).min(1),
  id: requestId.optional().meta({ description: 'A repeated one changes nothing; absent: a UUID.' }),
  activation: z.int().min(1).optional().meta({ description: 'Which of several Maps of that name that run.' }),
});

export const addedItems = z
  .object({ id: z.string(), activation: z.int(), outcome: z.enum(['added', 'repeated']) })
  .meta({ id: 'AddedItems' });

export const openWork = z
  .object({
    states: z
      .array(
        z.object({
          ...inScope,
          activation: z.int(),
          type: z.string(),
          doing: z.enum(['task', 'queued', 'retrying', 'waiting', 'branches', 'items']),
          enteredAt: time,
          dueAt: time.optional(),
        }),
      )
      .meta({ description: 'States that are at work.' }),
    tasks: z.array(workItem).meta({ description: 'Work items, tasks of activities, and callbacks.' }),
    waiting: z
      .array(
        z.object({
          ...inScope,
          from: z
            .array(z.string().nullable())
            .meta({ description: 'Where each waiting token comes from; `null`: the start.' }),
          join: z.enum(['all', 'active', 'count', 'threads']).optional(),
          event: z.string().optional(),
          milestone: z.string().optional(),
          occupiedBy: z
            .array(z.string())
            .optional()
            .meta({ description: 'States of another group of its mutex that have to end first.' }),
          dueAt: time.optional(),
        }),
      )
      .meta({ description: 'States that tokens wait before, and what else they need.' }),
    places: z.array(z.object({ ...inScope, tokens: z.int() })).meta({ description: 'Places with tokens.' }),
    events: z
      .array(z.object({ id: z.string(), name: z.string(), at: time }))
      .meta({ description: 'Events that nobody has taken yet.' }),
    permits: z
      .array(
        z.object({
          state: z.string().optional(),
          within: inScope.within,
          pools: z.array(z.string()),
          since: time,
        }),
      )
      .meta({
        description: 'Permits of resource pools that it waits for; without a state: before anything in it starts.',
      }),
  })
  .meta({ id: 'OpenWork' });
