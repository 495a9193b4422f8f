import { Aws, Duration, Validations } from 'aws-cdk-lib';
import type { ITable } from 'aws-cdk-lib/aws-dynamodb';
import type { IRule } from 'aws-cdk-lib/aws-events';
import { Rule, RuleTargetInput, Schedule } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam';
import { FilterCriteria, FilterRule, type IFunction, RecursiveLoop, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { SqsDestination } from 'aws-cdk-lib/aws-lambda-destinations';
import { DynamoEventSource, SqsDlq, SqsEventSource } from 'aws-cdk-lib/aws-lambda-event-sources';
import { Construct } from 'constructs';
import type { SweepEvent } from '../../functions/events.ts';
import { Alarms } from './alarms.ts';
import { ArchiveBucket } from './archive-bucket.ts';
import { type DeliverRuleProps, deliverRule } from './deliver-rule.ts';
import { EngineFunction, type EngineFunctionProps, type FunctionEnvironment } from './engine-function.ts';
import {
  checkLogGroup,
  checkTaskPermission,
  type EngineSettings,
  type ExecutionLogGroup,
  type KnhkEngineProps,
  withDefaults,
} from './engine-props.ts';
import { FrontDoor } from './front-door.ts';
import { KeySecret } from './key-secret.ts';
import { LedgerKey } from './ledger-key.ts';
import { type Parts, permitApi, permitExecutor, permitLogging, permitProjector, permitTasks } from './permissions.ts';
import { EXECUTOR_TIMEOUT, Queues } from './queues.ts';
import { type RuleTarget, type StartRuleProps, startRule } from './start-rule.ts';
import { Storage } from './storage.ts';
import { Timers } from './timers.ts';

/** Why nothing keeps a sweep that failed. */
const NEXT_SWEEP = 'The next sweep, a minute later, does the same work; an alarm tells when sweeps fail or cease.';

/**
 * A workflow engine in the account that it is deployed to. While nothing is to do, what runs is one sweep a minute.
 *
 *     const engine = new KnhkEngine(this, 'Engine', { logRetentionDays: 30 });
 *     engine.grantInvoke(chargeCard);
 *     engine.grantCall(orderService);
 *     engine.startOn('OrderPlaced', { eventPattern: { source: ['shop'] }, workflow: 'order' });
 */
export class KnhkEngine extends Construct {
  readonly storage: Storage;
  readonly queues: Queues;
  readonly timers: Timers;
  readonly frontDoor: FrontDoor;
  /** Encrypts secrets of access keys, where there are such keys. */
  readonly keySecret: KeySecret | undefined;
  /** Signs the ledger, where there is one. */
  readonly ledgerKey: LedgerKey | undefined;
  /** Keeps what has closed, where that is archived. */
  readonly archive: ArchiveBucket | undefined;
  readonly apiFunction: EngineFunction;
  readonly executorFunction: EngineFunction;
  readonly projectorFunction: EngineFunction;

  /** @throws InvalidEngineProps for a property outside its bounds. */
  constructor(scope: Construct, id: string, props: KnhkEngineProps = {}) {
    super(scope, id);
    const settings = withDefaults(props);
    this.storage = new Storage(this, 'Storage', settings);
    this.queues = new Queues(this, 'Queues', settings);
    this.timers = new Timers(this, 'Timers', this.queues.work, settings);

    this.keySecret =
      settings.authentication.accessKeys === true ? new KeySecret(this, 'KeySecret', settings) : undefined;
    this.ledgerKey = settings.ledger ? new LedgerKey(this, 'LedgerKey', settings) : undefined;
    const { archive } = settings;
    this.archive = archive === undefined ? undefined : new ArchiveBucket(this, 'Archive', archive, settings);
    const parts: Parts = { storage: this.storage, queues: this.queues, timers: this.timers, settings };
    this.apiFunction = this.api(parts);
    this.executorFunction = this.executor(parts);
    this.projectorFunction = this.projector(parts);

    this.frontDoor = new FrontDoor(this, 'FrontDoor', this.apiFunction, settings);
    new Alarms(
      this,
      'Alarms',
      {
        queues: this.queues,
        executor: this.executorFunction,
        projector: this.projectorFunction,
        sweep: this.sweepRule(),
        api: this.frontDoor.api,
      },
      settings,
    );
  }

  /** Base URL of the API, without a slash at the end; the `endpoint` of Step Functions clients. */
  get url(): string {
    return this.frontDoor.url;
  }

  /** Lets tasks invoke this function, or this version or alias, and no other one of it. */
  grantInvoke(fn: Pick<IFunction, 'functionArn'>): Grant {
    return Grant.addToPrincipal({
      grantee: this.executorFunction.executionRole,
      actions: ['lambda:InvokeFunction'],
      resourceArns: [fn.functionArn],
    });
  }

  /**
   * Lets tasks call a service: `engine.grantTasks(['sqs:SendMessage'], [queue.queueArn])`.
   * @throws InvalidEngineProps for an action with a wildcard.
   */
  grantTasks(actions: readonly string[], resources: readonly string[]): void {
    checkTaskPermission({ actions, resources });
    permitTasks(this.executorFunction.executionRole, { actions, resources });
  }

  /**
   * Lets the `loggingConfiguration` of state machines name this log group.
   * @throws InvalidEngineProps for an ARN that names more than one group.
   */
  grantLogs(group: ExecutionLogGroup): void {
    checkLogGroup(group);
    permitLogging(this.projectorFunction.executionRole, this, group);
  }

  /** Lets a principal call the API, all of it. */
  grantCall(grantee: IGrantable): Grant {
    return Grant.addToPrincipal({
      grantee,
      actions: ['execute-api:Invoke'],
      resourceArns: [this.frontDoor.api.arnForExecuteApi('*', '/*', '$default')],
    });
  }

  /**
   * Each event that the pattern matches (or each time of the schedule) starts the workflow, with the event as input and
   * its id as the execution's name, so that an event delivered twice starts one execution. See `StartEvent` for what
   * the api function is invoked with.
   * @throws InvalidEngineProps for what cannot be the name of a workflow.
   */
  startOn(id: string, props: StartRuleProps): IRule {
    return startRule(this, id, props, this.ruleTarget);
  }

  /**
   * Each event that the pattern matches is sent to an execution that waits for it, with an id by which a second delivery
   * changes nothing. See `DeliverEvent` for what the api function is invoked with.
   *
   *     engine.deliverOn('Paid', {
   *       eventPattern: { source: ['bank'] }, workflow: 'order', execution: '$.detail.orderId', event: 'paid',
   *     });
   * @throws InvalidEngineProps for what cannot be the name of a workflow, or an expression with `<`.
   */
  deliverOn(id: string, props: DeliverRuleProps): IRule {
    return deliverRule(this, id, props, this.ruleTarget);
  }

  private get ruleTarget(): RuleTarget {
    return { api: this.apiFunction, undelivered: this.queues.undeliveredEvents };
  }

  private api(parts: Parts): EngineFunction {
    const fn = this.function('Api', parts, {
      name: 'api',
      hasStages: true,
      description: 'KNHK: answers the API, starts executions',
      // The HTTP API gives up after 30 seconds.
      timeout: Duration.seconds(29),
    });
    permitApi(fn.executionRole, parts);
    this.keySecret?.permit(fn.executionRole);
    this.ledgerKey?.permit(fn.executionRole);
    this.archive?.permitLooking(fn.executionRole);
    fn.configureAsyncInvoke({ retryAttempts: 2, onFailure: new SqsDestination(this.queues.undeliveredEvents) });
    Validations.of(fn).acknowledge({
      id: 'Serverless-LambdaDLQ',
      reason: 'Its destination for failed asynchronous invocations takes the place of the older dead-letter setting.',
    });
    return fn;
  }

  private executor(parts: Parts): EngineFunction {
    const fn = this.function('Executor', parts, {
      name: 'executor',
      hasStages: true,
      description: 'KNHK: runs the turns of executions',
      timeout: EXECUTOR_TIMEOUT,
      // A long execution goes from turn to turn through the queue; Lambda would take that for a runaway loop at the 16th.
      recursiveLoop: RecursiveLoop.ALLOW,
    });
    permitExecutor(fn.executionRole, parts);
    fn.addEventSource(
      new SqsEventSource(this.queues.work, {
        batchSize: 10,
        reportBatchItemFailures: true,
        maxConcurrency: parts.settings.executorConcurrency,
      }),
    );
    const reason = 'It is invoked by the work queue alone, whose redrive policy takes what fails.';
    Validations.of(fn).acknowledge(
      { id: 'Serverless-LambdaDLQ', reason },
      { id: 'Serverless-LambdaEventSourceMappingDestination', reason },
    );
    return fn;
  }

  private projector(parts: Parts): EngineFunction {
    const fn = this.function('Projector', parts, {
      name: 'projector',
      description: 'KNHK: keeps the read models, finds what was left behind',
      timeout: Duration.minutes(1),
    });
    permitProjector(fn.executionRole, parts);
    this.ledgerKey?.permit(fn.executionRole);
    this.archive?.permitArchiving(fn.executionRole, this.storage.blobs);
    // Asserted: `Table` declares its optional members as `| undefined`, `ITable` as absent; they are the same thing.
    const events = this.storage.events as ITable;
    fn.addEventSource(
      new DynamoEventSource(events, {
        startingPosition: StartingPosition.TRIM_HORIZON,
        batchSize: 100,
        maxBatchingWindow: Duration.seconds(1),
        reportBatchItemFailures: true,
        bisectBatchOnError: true,
        retryAttempts: 10,
        onFailure: new SqsDlq(this.queues.projectionDeadLetters),
        // Commits are only ever inserted; what expires or is extended says nothing new.
        filters: [FilterCriteria.filter({ eventName: FilterRule.isEqual('INSERT') })],
      }),
    );
    // Invoked asynchronously by the sweep alone.
    fn.configureAsyncInvoke({ retryAttempts: 0, maxEventAge: Duration.minutes(1) });
    Validations.of(fn).acknowledge(
      { id: 'Serverless-LambdaDLQ', reason: NEXT_SWEEP },
      { id: 'Serverless-LambdaAsyncFailureDestination', reason: NEXT_SWEEP },
    );
    return fn;
  }

  private sweepRule(): Rule {
    const sweep: SweepEvent = { sweep: true };
    const rule = new Rule(this, 'Sweep', {
      description: 'KNHK: look for executions that were left behind',
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [
        new LambdaFunction(this.projectorFunction, {
          event: RuleTargetInput.fromObject(sweep),
          retryAttempts: 0,
          maxEventAge: Duration.minutes(1),
        }),
      ],
    });
    Validations.of(rule).acknowledge({ id: 'Serverless-EventBusDLQ', reason: NEXT_SWEEP });
    return rule;
  }

  private function(
    id: string,
    parts: Parts,
    props: Omit<EngineFunctionProps, 'environment' | 'settings'>,
  ): EngineFunction {
    const { settings } = parts;
    // Of no use to the others, which may not read it.
    const secret = props.name === 'api' ? (this.keySecret?.arn ?? '') : '';
    const proves = props.name !== 'executor';
    const variables = {
      ...environment(parts, settings),
      KNHK_KEYS_SECRET_ARN: secret,
      KNHK_LEDGER_KEY_ARN: proves ? (this.ledgerKey?.key.keyArn ?? '') : '',
      KNHK_ARCHIVE_BUCKET: proves ? (this.archive?.bucket.bucketName ?? '') : '',
      KNHK_ARCHIVE_HOLDS: proves && this.archive?.holds === true ? 'on' : '',
    };
    return new EngineFunction(this, id, { ...props, settings, environment: variables });
  }
}

/** What the executor has no use for. */
type ProofVariable = 'KNHK_ARCHIVE_BUCKET' | 'KNHK_ARCHIVE_HOLDS' | 'KNHK_LEDGER_KEY_ARN';

function environment(
  { storage, queues, timers }: Parts,
  settings: EngineSettings,
): Omit<FunctionEnvironment, 'KNHK_KEYS_SECRET_ARN' | ProofVariable> {
  return {
    KNHK_ACCOUNT: Aws.ACCOUNT_ID,
    KNHK_AUTH: JSON.stringify(settings.authentication),
    KNHK_ASSUMABLE_ROLES: settings.assumableRoles.join(','),
    KNHK_HTTP_ALLOW: settings.httpAllow.join(','),
    KNHK_BREAKERS: JSON.stringify(settings.breakers),
    KNHK_POOLS: JSON.stringify(settings.pools),
    KNHK_RATE_LIMITS: JSON.stringify(settings.rateLimits),
    KNHK_BLOB_BUCKET: storage.blobs.bucketName,
    KNHK_EVENT_TABLE: storage.events.tableName,
    KNHK_LEASE_SECONDS: String(settings.leaseSeconds),
    KNHK_LOG_RETENTION_DAYS: String(settings.logRetentionDays),
    KNHK_METRICS: settings.metrics ? 'on' : 'off',
    KNHK_PARTITION: Aws.PARTITION,
    KNHK_QUEUE_ARN: queues.work.queueArn,
    KNHK_QUEUE_URL: queues.work.queueUrl,
    KNHK_SCHEDULER_ROLE_ARN: timers.role.roleArn,
    KNHK_SCHEDULE_GROUP: timers.group.scheduleGroupName,
    KNHK_STATE_TABLE: storage.state.tableName,
  };
}
