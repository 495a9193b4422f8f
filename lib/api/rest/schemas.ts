import * as z from 'zod';
import type { Json } from '../../model/json.ts';

/** Any JSON value. A body has been parsed from JSON, so that whatever stands in it is one. */
export const json = z.custom<Json>((value) => value !== undefined, { error: 'must be a JSON value' });

export const time = z.iso.datetime();
export const status = z.enum(['RUNNING', 'SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']);
export const workflowType = z.enum(['STANDARD', 'EXPRESS']);

/** The object itself, or its text, which keeps the author's order and layout. */
export const definition = z
  .union([z.string().min(1), z.record(z.string(), json)])
  .meta({ description: 'In the Amazon States Language: an object, or the text of one.' });

export const finding = z
  .object({
    pointer: z.string().meta({ description: 'JSON pointer (RFC 6901) to the value that is wrong.' }),
    location: z.string().optional(),
    code: z.string(),
    message: z.string(),
    severity: z.enum(['ERROR', 'WARNING']),
    hint: z.string().optional().meta({ description: 'What was probably meant.' }),
    line: z
      .int()
      .optional()
      .meta({ description: 'Where in the text, from 1; absent for a definition given as an object.' }),
    column: z.int().optional(),
  })
  .meta({ id: 'Finding' });

export const optimizations = z
  .object({
    folded: z
      .array(
        z.object({
          pointer: z.string().meta({ description: 'JSON pointer (RFC 6901) to the expression.' }),
          expression: z.string(),
        }),
      )
      .meta({ description: 'Expressions that depend on nothing outside, and have been evaluated already.' }),
    fused: z
      .array(z.object({ states: z.array(z.string()) }))
      .meta({ description: 'Pass and Choice states that follow on one another: a token goes through them in one go.' }),
  })
  .meta({
    id: 'Optimizations',
    description: 'What is done ahead of time. What an execution does is the same without.',
  });

const tags = z.record(z.string(), z.string());

export const workflowSettings = z.object({
  definition,
  type: workflowType.default('STANDARD'),
  roleArn: z
    .string()
    .max(256)
    .default('')
    .meta({ description: 'Role that tasks are run with; empty: the engine’s own.' }),
  tracing: z.boolean().default(false),
});

export const newWorkflow = workflowSettings
  .extend({ name: z.string(), tags: tags.optional() })
  .meta({ id: 'NewWorkflow' });

export const workflowSummary = z
  .object({
    name: z.string(),
    arn: z.string(),
    type: workflowType,
    createdAt: time,
    revision: z.string().meta({ description: 'Changes with every update; executions keep the one they started with.' }),
    revisedAt: time,
  })
  .meta({ id: 'WorkflowSummary' });

const patternsUsed = z
  .array(z.string())
  .meta({ description: 'The control-flow patterns that its definition uses, as `WCP-2`; see `/v1/patterns`.' });

export const workflow = workflowSummary
  .extend({
    roleArn: z.string(),
    tracing: z.boolean(),
    tags,
    patterns: patternsUsed,
    definition: z.record(z.string(), json),
  })
  .meta({ id: 'Workflow' });

export const registeredWorkflow = workflow
  .extend({ findings: z.array(finding).meta({ description: 'Warnings about its definition.' }) })
  .meta({ id: 'RegisteredWorkflow' });

const versionNumber = z.int().min(1).max(999_999_999);

export const newVersion = z.object({
  description: z.string().max(256).optional(),
  revision: z.string().optional().meta({ description: 'Only if this is the current revision.' }),
});

export const version = z
  .object({
    version: versionNumber,
    arn: z.string(),
    revision: z.string(),
    description: z.string().optional(),
    createdAt: time,
  })
  .meta({ id: 'Version' });

export const definedVersion = version
  .extend({ roleArn: z.string(), definition: z.record(z.string(), json) })
  .meta({ id: 'DefinedVersion' });

const route = z.strictObject({
  version: versionNumber,
  weight: z.int().min(0).max(100).meta({ description: 'Percentage of the starts.' }),
});

export const aliasSettings = z.object({
  description: z.string().max(256).optional(),
  routes: z.array(route).min(1).max(2).meta({ description: 'One or two versions; the weights add up to 100.' }),
});

export const alias = aliasSettings
  .extend({ name: z.string(), arn: z.string(), createdAt: time, updatedAt: time })
  .meta({ id: 'Alias' });

/** The version or alias of a workflow that is meant; without any, its current revision. */
export const selection = {
  version: z.coerce.number().pipe(versionNumber).optional(),
  alias: z.string().optional(),
};

const failure = {
  error: z.string().max(256).optional(),
  cause: z.string().max(32_768).optional(),
};
export const failureBody = z.object(failure);

export const suspendBody = z.object({
  reason: z.string().max(1_024).optional().meta({ description: 'Shown with the execution, and in its history.' }),
});

export const redriveBody = z.object({
  definition: definition
    .optional()
    .meta({ description: 'Go on with this one; every state that is open must be in it, in the same place.' }),
  revision: z.enum(['latest']).optional().meta({ description: 'Go on with the definition that the workflow has now.' }),
  clientToken: z
    .string()
    .min(1)
    .max(64)
    .optional()
    .meta({ description: 'Asking again with the same one within 15 minutes changes nothing.' }),
});

export const migrateBody = z.object({
  definition: definition
    .optional()
    .meta({ description: 'Go on with this one; every state that is open must be in it, in the same place.' }),
  revision: z.enum(['latest']).optional().meta({ description: 'Go on with the definition that the workflow has now.' }),
  check: z.boolean().default(false).meta({ description: 'Only look whether it fits.' }),
});

export const migrated = z.object({
  outcome: z
    .enum(['migrated', 'fits', 'same'])
    .meta({ description: 'fits: it could be migrated. same: it has that definition already.' }),
});

export const executionSummary = z
  .object({
    id: z
      .string()
      .meta({ description: 'Names the execution within its workflow: its name, or for EXPRESS name:uuid.' }),
    name: z.string(),
    workflow: z.string(),
    arn: z.string(),
    version: versionNumber.optional().meta({ description: 'The version it was started as.' }),
    alias: z.string().optional().meta({ description: 'The alias that chose the version.' }),
    status,
    startedAt: time,
    closedAt: time.optional(),
    redriveCount: z.int().min(0),
    redrivenAt: time.optional().meta({ description: 'When last.' }),
    suspendedAt: time.optional().meta({ description: 'Since when nothing in it begins; absent: it is not suspended.' }),
    businessKey: z.string().optional(),
    tags: z.array(z.string()).optional(),
    attributes: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
  })
  .meta({ id: 'ExecutionSummary' });

export const execution = executionSummary
  .extend({
    revision: z.string(),
    patterns: patternsUsed,
    input: json.optional(),
    output: json.optional().meta({ description: 'Of an execution that succeeded.' }),
    omitted: z
      .array(z.enum(['input', 'output']))
      .optional()
      .meta({ description: 'What is too large for an answer and left out; only on AWS.' }),
    redriveStatus: z.enum(['REDRIVABLE', 'REDRIVABLE_BY_MAP_RUN', 'NOT_REDRIVABLE']),
    redriveStatusReason: z.string().optional(),
    suspendReason: z.string().optional(),
    ...failure,
  })
  .meta({ id: 'Execution' });

export const historyEvent = z
  .looseObject({
    id: z.int().min(1),
    previousEventId: z.int().min(0),
    type: z.string(),
    timestamp: time,
  })
  .meta({ id: 'HistoryEvent', description: 'In the form of Step Functions, with the details of its type beside.' });

export const activity = z.object({ name: z.string(), arn: z.string(), createdAt: time }).meta({ id: 'Activity' });

export const takenTask = z.object({ token: z.string(), input: json }).meta({ id: 'Task' });

/** `limit` and `after` of every list. */
export const paging = z.object({
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  after: z.string().optional().meta({ description: '`next` of the page before.' }),
});

export function pageSchema<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), next: z.string().optional() });
}

const MAX_WAIT_SECONDS = 300;

/** How long to wait for something to happen before answering; on AWS no longer than a request may last. */
export const wait = z.coerce.number().min(0).max(MAX_WAIT_SECONDS).default(0).meta({ description: 'Seconds.' });
