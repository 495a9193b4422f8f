import { randomUUID } from 'node:crypto';
import { AwsTimerService } from '../lib/adapters/aws/aws-timer-service.ts';
import { AwsClients } from '../lib/adapters/aws/clients.ts';
import { CloudWatchLogDelivery } from '../lib/adapters/aws/cloudwatch-log-delivery.ts';
import { DynamoEventStore } from '../lib/adapters/aws/dynamo-event-store.ts';
import { DynamoExecutionIndex } from '../lib/adapters/aws/dynamo-execution-index.ts';
import { DynamoInbox } from '../lib/adapters/aws/dynamo-inbox.ts';
import { DynamoKeyValueStore } from '../lib/adapters/aws/dynamo-key-value-store.ts';
import { DynamoTable } from '../lib/adapters/aws/dynamo-table.ts';
import { EventConnections } from '../lib/adapters/aws/event-connections.ts';
import { ShortArns } from '../lib/adapters/aws/keys.ts';
import { KmsSigner } from '../lib/adapters/aws/kms-signer.ts';
import { LambdaInvoker } from '../lib/adapters/aws/lambda-invoker.ts';
import { S3BlobStore } from '../lib/adapters/aws/s3-blob-store.ts';
import { S3ObjectStore } from '../lib/adapters/aws/s3-object-store.ts';
import { ServiceTasks } from '../lib/adapters/aws/services/service-tasks.ts';
import { SqsWorkQueue } from '../lib/adapters/aws/sqs-work-queue.ts';
import { SystemClock, SystemIds } from '../lib/adapters/system/index.ts';
import { ActivityRegistry } from '../lib/execution/activities.ts';
import { CircuitBreakers } from '../lib/execution/breakers/circuit-breakers.ts';
import { DeadLetters } from '../lib/execution/dead-letters.ts';
import { compileStored } from '../lib/execution/definitions.ts';
import { ExecutionEngine } from '../lib/execution/engine.ts';
import { ExecutionLogs } from '../lib/execution/execution-logs.ts';
import { GatedTasks, type TaskGate } from '../lib/execution/gates.ts';
import { ObjectItemStorage } from '../lib/execution/items/object-item-storage.ts';
import { OwedLogs } from '../lib/execution/owed-logs.ts';
import { defaultPolicy } from '../lib/execution/parts.ts';
import { isPermitWanted } from '../lib/execution/permits.ts';
import { ExecutionPipeline } from '../lib/execution/pipeline/pipeline.ts';
import { openRates } from '../lib/execution/rates/rates.ts';
import { ChildExecutions } from '../lib/execution/tasks/child.ts';
import { HttpTasks } from '../lib/execution/tasks/http/http-tasks.ts';
import { OwnApiTasks, type OwnFetch } from '../lib/execution/tasks/own-api.ts';
import { TaskRouter } from '../lib/execution/tasks/router.ts';
import { childrenOfTenant, offersOfTenant } from '../lib/execution/tasks/tenants.ts';
import { WorkItemRegistry } from '../lib/execution/work-items.ts';
import { WorkflowRegistry } from '../lib/execution/workflows.ts';
import type { TaskInvoker } from '../lib/ports/task-invoker.ts';
import type { Telemetry } from '../lib/ports/telemetry.ts';
import { Ledger } from '../lib/provenance/ledger.ts';
import { callRetries } from '../lib/resilience/call-retries.ts';
import { Participants } from '../lib/resources/allocation/participants.ts';
import { ResourceAllocator } from '../lib/resources/allocation/resource-allocator.ts';
import { ResourcePools } from '../lib/resources/pools/resource-pools.ts';
import { StateManager } from '../lib/state/state-manager.ts';
import { openArchive } from './archive.ts';
import type { Environment } from './environment.ts';
import { countedRequests, countedUnits } from './metrics.ts';
import { stages } from './stages.ts';

const DAY_SECONDS = 86_400;
/** How long a change of a workflow's logging configuration may take to be seen, ms. */
const LOGGING_FRESH_MS = 60_000;
/** How long what other processes did to circuit breakers may take to be seen, ms. */
const BREAKERS_FRESH_MS = 3_000;
/** How old what is known of rate limits may be before it is looked at again, ms. */
const RATE_LIMITS_FRESH_MS = 3_000;

/** The parts of the engine on AWS, the same for all three functions. Clients are loaded when they are first used. */
export function wireEngine(environment: Environment, telemetry: Telemetry) {
  const { region, partition, account, endpoints } = environment;
  const clock = new SystemClock();
  const ids = new SystemIds();
  const retries = callRetries(clock, ids, telemetry.meter);
  const clients = new AwsClients({ region, endpoints, retries, ...countedRequests(telemetry) });
  const arns = new ShortArns(`arn:${partition}:states:${region}:${account}:`);
  const dynamo = (table: string) => ({ client: () => clients.dynamo(), ...countedUnits(telemetry, table) });
  const eventTable = new DynamoTable({ name: environment.eventTable, ...dynamo('events') });
  const stateTable = new DynamoTable({ name: environment.stateTable, ...dynamo('state') });
  const blobs = new S3BlobStore({ client: () => clients.s3(), bucket: environment.blobBucket });
  const inbox = new DynamoInbox({ table: eventTable, blobs, arns, clock });
  const keyValues = new DynamoKeyValueStore({ table: stateTable, blobs });
  const retentionSeconds = environment.logRetentionDays * DAY_SECONDS;
  const index = new DynamoExecutionIndex({ table: stateTable, arns, closedSeconds: retentionSeconds });
  const queueOptions = { client: () => clients.sqs(), queueUrl: environment.queueUrl };
  const queue = new SqsWorkQueue(queueOptions);
  const deadLetters = new DeadLetters({ store: keyValues, queue, clock });
  const { ledgerKeyArn: keyArn } = environment;
  const signer = keyArn === undefined ? undefined : new KmsSigner({ client: () => clients.kms(), keyArn });
  const ledger = signer === undefined ? undefined : new Ledger({ store: keyValues, signer, clock, ids });
  const timers = new AwsTimerService({
    client: () => clients.scheduler(),
    queue,
    clock,
    queueArn: environment.queueArn,
    roleArn: environment.schedulerRoleArn,
    group: environment.scheduleGroup,
  });
  const workflows = new WorkflowRegistry(keyValues, compileStored);
  const rows = new DynamoEventStore({ table: eventTable, blobs, arns });
  const states = new StateManager({
    store: rows,
    planOf: (workflow) => workflows.plan(workflow),
    ids,
    exclusive: false,
    retentionSeconds,
  });
  const activities = new ActivityRegistry(keyValues, inbox, clock);
  const workItems = new WorkItemRegistry(keyValues);
  const allocator = new ResourceAllocator({
    store: keyValues,
    participants: new Participants(keyValues),
    queues: workItems,
    ids,
  });
  const functions = new LambdaInvoker({
    client: (roleArn) => clients.lambda(roleArn),
    assumableRoles: environment.assumableRoles,
  });
  const now = () => clock.now();
  const connections = new EventConnections({ events: () => clients.events(), secrets: () => clients.secrets(), now });
  const { hasTenants } = environment;
  const children = new ChildExecutions(() => engine, states, { run: false });
  const routes = new Map<string, TaskInvoker>([
    ['lambda', functions],
    ['lambda:invoke', functions],
    ['states:startExecution', hasTenants ? childrenOfTenant(children) : children],
    ['http:invoke', new HttpTasks({ connections, policy: { allow: environment.httpAllow }, region, now })],
    ['aws-sdk:sfn', new OwnApiTasks((request, execution) => ownApi(request, execution))],
    ['service', new ServiceTasks({ clients, assumableRoles: environment.assumableRoles, now })],
  ]);
  const policy = {
    ...defaultPolicy,
    owner: `lambda:${randomUUID()}`,
    exclusive: false,
    leaseMs: environment.leaseSeconds * 1000,
  };
  const breakers = new CircuitBreakers({
    store: keyValues,
    clock,
    ids,
    telemetry,
    configured: environment.breakers,
    freshForMs: BREAKERS_FRESH_MS,
  });
  const rates = openRates({
    store: keyValues,
    clock,
    ids,
    telemetry,
    configured: environment.rateLimits,
    isShared: true,
    freshForMs: RATE_LIMITS_FRESH_MS,
  });
  /** Asked in this order before each call of a task: what others hold back must not use up a breaker's probe. */
  const gates: readonly TaskGate[] = [rates.gate, breakers];
  const pools = new ResourcePools({
    store: keyValues,
    clock,
    ids,
    telemetry,
    defaults: environment.pools,
    wake: (execution) => engine.wake(execution),
    isWanted: (holder, pool, since) => isPermitWanted({ states, clock }, holder, pool, since),
  });
  const pipeline = new ExecutionPipeline(stages, clock);
  const invoker = new GatedTasks(pipeline.around(new TaskRouter(routes)), gates);
  const items = new ObjectItemStorage(new S3ObjectStore(() => clients.s3()));
  const offers = hasTenants ? offersOfTenant(activities) : activities;
  const engine: ExecutionEngine = new ExecutionEngine(
    {
      states,
      inbox,
      queue,
      timers,
      pipeline,
      invoker,
      offers,
      workItems,
      allocator,
      pools,
      items,
      clock,
      ids,
      telemetry,
      policy,
    },
    workflows,
    { partition, region, account },
  );
  const delivery = new CloudWatchLogDelivery({ client: () => clients.logs(), now });
  const executionLogs = new ExecutionLogs({ states, workflows, delivery, clock, freshForMs: LOGGING_FRESH_MS });
  const owedLogs = new OwedLogs({ logs: executionLogs, store: keyValues, clock, telemetry });
  const wired = {
    clients,
    executionLogs,
    owedLogs,
    engine,
    workflows,
    activities,
    breakers,
    pools,
    rates,
    workItems,
    allocator,
    deadLetters,
    states,
    index,
    rows,
    keyValues,
    ...openArchive(environment, { clients, states, ledger, store: keyValues, clock, ids, telemetry }),
    ...(ledger === undefined ? {} : { ledger }),
    queue,
    queueOptions,
    arns,
    clock,
    ids,
  };
  const ownApi: OwnFetch = async (request, execution) => {
    const [{ createApi, lambdaPolicy }, { load }, { Guard }, { telemetryAudit }, { executionCaller }] =
      await Promise.all([
        import('../lib/api/index.ts'),
        import('../lib/execution/definitions.ts'),
        import('../lib/api/auth/guard.ts'),
        import('../lib/api/auth/audit.ts'),
        import('../lib/api/auth/own-caller.ts'),
      ]);
    const place = { partition, region, account };
    const guard = new Guard({ authenticators: [], audit: telemetryAudit(telemetry), clock, ids });
    const api = createApi({ ...wired, place, loadDefinition: load, telemetry, policy: lambdaPolicy, guard });
    return api.fetch(request, { own: hasTenants ? executionCaller(execution) : { subject: execution } });
  };
  return wired;
}
