import { Duration } from 'aws-cdk-lib';
import {
  type IRule,
  Rule,
  type RuleProps,
  RuleTargetInput,
  type RuleTargetInputProperties,
} from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { StartEvent } from '../../functions/events.ts';
import { InvalidEngineProps } from './engine-props.ts';

export interface StartRuleProps
  extends Pick<RuleProps, 'description' | 'enabled' | 'eventBus' | 'eventPattern' | 'ruleName' | 'schedule'> {
  /** Name of the workflow that each event starts: 1 to 80 letters, digits, `-` or `_`. */
  readonly workflow: string;
}

/** A rule whose events invoke the api function with a `StartEvent`. */
export function startRule(
  scope: Construct,
  id: string,
  props: StartRuleProps,
  api: IFunction,
  undelivered: IQueue,
): IRule {
  const { workflow, ...ruleProps } = props;
  return new Rule(scope, id, {
    ...ruleProps,
    targets: [
      new LambdaFunction(api, {
        event: new StartInput(workflow),
        retryAttempts: 185,
        maxEventAge: Duration.hours(24),
        deadLetterQueue: undelivered,
      }),
    ],
  });
}

/**
 * The input transformer that makes a `StartEvent`. Written out, since the ready-made inputs of the CDK quote
 * `<aws.events.event.json>`, which stands for the whole event as a JSON value.
 */
class StartInput extends RuleTargetInput {
  private readonly workflow: string;

  constructor(workflow: string) {
    super();
    if (!/^[A-Za-z0-9_-]{1,80}$/.test(workflow)) {
      throw new InvalidEngineProps(
        `Give startOn the name of a workflow (1 to 80 letters, digits, "-" or "_"), not "${workflow}".`,
      );
    }
    this.workflow = workflow;
  }

  override bind(_rule: IRule): RuleTargetInputProperties {
    const fields: Record<keyof StartEvent, string> = {
      knhk: '"start"',
      workflow: JSON.stringify(this.workflow),
      name: '<id>',
      input: '<aws.events.event.json>',
    };
    const members = Object.entries(fields).map(([name, value]) => `"${name}":${value}`);
    return { inputPathsMap: { id: '$.id' }, inputTemplate: `{${members.join(',')}}` };
  }
}
