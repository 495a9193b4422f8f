import { Duration, Names } from 'aws-cdk-lib';
import type { HttpApi } from 'aws-cdk-lib/aws-apigatewayv2';
import { Alarm, ComparisonOperator, type IMetric, Metric, Stats, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import type { IRule } from 'aws-cdk-lib/aws-events';
import type { IFunction, Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { FilterPattern, MetricFilter } from 'aws-cdk-lib/aws-logs';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { EngineSettings } from './engine-props.ts';
import type { Queues } from './queues.ts';

export interface Watched {
  readonly queues: Queues;
  readonly executor: LambdaFunction;
  readonly projector: IFunction;
  readonly sweep: IRule;
  readonly api: HttpApi;
}

interface Condition {
  /** The section of docs/runbook.md. */
  readonly section: string;
  readonly says: string;
  readonly metric: IMetric;
  readonly threshold: number;
  /** Periods in a row. Default 1. */
  readonly periods?: number;
  /** Periods without data are as bad as bad ones. Default: they are good. */
  readonly silenceIsBad?: boolean;
  /** Its metric is one of the engine's own, which may be off. */
  readonly isOwn?: boolean;
}

/** One alarm per thing that needs a person; the description of each names its section of docs/runbook.md. */
export class Alarms extends Construct {
  constructor(scope: Construct, id: string, watched: Watched, settings: EngineSettings) {
    super(scope, id);
    for (const condition of conditions(watched, this.givenUp(watched))) {
      if (condition.isOwn === true && !settings.metrics) continue;
      const { section, says, metric, threshold, periods = 1, silenceIsBad = false } = condition;
      const alarm = new Alarm(this, section, {
        alarmDescription: `${says} See docs/runbook.md#${section}`,
        metric,
        threshold,
        evaluationPeriods: periods,
        comparisonOperator: silenceIsBad
          ? ComparisonOperator.LESS_THAN_THRESHOLD
          : ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        treatMissingData: silenceIsBad ? TreatMissingData.BREACHING : TreatMissingData.NOT_BREACHING,
      });
      if (settings.alarmTopic) alarm.addAlarmAction(new SnsAction(settings.alarmTopic));
    }
  }

  /** What the executor says in its log when it gives an execution up: that is there without the engine's figures, too. */
  private givenUp({ executor }: Watched): IMetric {
    const filter = new MetricFilter(this, 'GivenUp', {
      logGroup: executor.logGroup,
      filterPattern: FilterPattern.stringValue('$.code', '=', 'Knhk.DeadLetter'),
      metricNamespace: 'KNHK/Log',
      metricName: `${Names.uniqueId(this)}-dead-letters`,
      metricValue: '1',
    });
    return filter.metric({ period: Duration.minutes(1), statistic: Stats.SUM });
  }
}

function conditions({ queues, executor, projector, sweep, api }: Watched, givenUp: IMetric): readonly Condition[] {
  const minute = Duration.minutes(1);
  const fiveMinutes = Duration.minutes(5);
  return [
    {
      section: 'dead-letters',
      says: 'An execution could not be moved on ten times in a row.',
      metric: givenUp,
      threshold: 1,
    },
    {
      section: 'work-dead-letters',
      says: 'A message was given up that could not be put on record.',
      metric: waiting(queues.workDeadLetters),
      threshold: 1,
    },
    {
      section: 'projection-dead-letters',
      says: 'Commits are missing from the read models.',
      metric: waiting(queues.projectionDeadLetters),
      threshold: 1,
    },
    {
      section: 'undelivered-events',
      says: 'Events did not start their workflow.',
      metric: waiting(queues.undeliveredEvents),
      threshold: 1,
    },
    {
      // A message may be delayed for 15 minutes, and then be in the hands of an executor for 15 more.
      section: 'old-work',
      says: 'Work waits for executors longer than it ever should.',
      metric: queues.work.metricApproximateAgeOfOldestMessage({ period: minute, statistic: Stats.MAXIMUM }),
      threshold: Duration.minutes(35).toSeconds(),
      periods: 5,
    },
    {
      section: 'executor-errors',
      says: 'The executor fails outside any workflow.',
      metric: executor.metricErrors({ period: fiveMinutes, statistic: Stats.SUM }),
      threshold: 1,
    },
    {
      section: 'circuit-open',
      says: 'What tasks call fails so often that it is not called any more.',
      metric: new Metric({
        namespace: 'KNHK',
        metricName: 'knhk_breaker_transitions_total',
        dimensionsMap: { function: executor.functionName, to: 'open' },
        period: minute,
        statistic: Stats.SUM,
      }),
      threshold: 1,
      isOwn: true,
    },
    {
      section: 'projector-errors',
      says: 'The projector or its sweep fails.',
      metric: projector.metricErrors({ period: fiveMinutes, statistic: Stats.SUM }),
      threshold: 1,
    },
    {
      section: 'sweep-missing',
      says: 'Nobody looks for executions that were left behind.',
      metric: new Metric({
        namespace: 'AWS/Events',
        metricName: 'Invocations',
        dimensionsMap: { RuleName: sweep.ruleName },
        period: fiveMinutes,
        statistic: Stats.SUM,
      }),
      threshold: 1,
      periods: 2,
      silenceIsBad: true,
    },
    {
      section: 'projector-lag',
      says: 'Lists of executions are more than two minutes behind.',
      metric: projector.metric('IteratorAge', { period: minute, statistic: Stats.MAXIMUM }),
      threshold: Duration.minutes(2).toMilliseconds(),
      periods: 5,
    },
    {
      section: 'api-errors',
      says: 'The API answers with errors of its own.',
      metric: api.metricServerError({ period: fiveMinutes, statistic: Stats.SUM }),
      threshold: 5,
    },
  ];
}

function waiting(queue: IQueue): IMetric {
  return queue.metricApproximateNumberOfMessagesVisible({ period: Duration.minutes(1), statistic: Stats.MAXIMUM });
}
