import { Duration } from 'aws-cdk-lib';
import { type IRule, Rule, type RuleProps } from 'aws-cdk-lib/aws-events';
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import type { IQueue } from 'aws-cdk-lib/aws-sqs';
import type { Construct } from 'constructs';
import type { StartEvent } from '../../functions/events.ts';
import { InvalidEngineProps } from './engine-props.ts';
import { eventParts, RuleInput } from './rule-input.ts';

export type EventRuleProps = Pick<RuleProps, 'description' | 'enabled' | 'eventBus' | 'eventPattern' | 'ruleName'>;

export interface StartRuleProps extends EventRuleProps, Pick<RuleProps, 'schedule'> {
  /** Name of the workflow that each event starts: 1 to 80 letters, digits, `-` or `_`. */
  readonly workflow: string;
}

/** Where the events of rules go. */
export interface RuleTarget {
  readonly api: IFunction;
  /** Takes what cannot be delivered. */
  readonly undelivered: IQueue;
}

/** A rule whose events invoke the api function with a `StartEvent`. */
export function startRule(scope: Construct, id: string, props: StartRuleProps, target: RuleTarget): IRule {
  const { workflow, ...ruleProps } = props;
  checkWorkflowName('startOn', workflow);
  const fields: Record<keyof StartEvent, string> = {
    knhk: '"start"',
    workflow: JSON.stringify(workflow),
    name: eventParts.id,
    input: eventParts.whole,
  };
  return apiRule(scope, id, ruleProps, new RuleInput(fields), target);
}

/** A rule whose events invoke the api function. */
export function apiRule(
  scope: Construct,
  id: string,
  props: RuleProps,
  event: RuleInput,
  { api, undelivered }: RuleTarget,
): IRule {
  return new Rule(scope, id, {
    ...props,
    targets: [
      new LambdaFunction(api, {
        event,
        retryAttempts: 185,
        maxEventAge: Duration.hours(24),
        deadLetterQueue: undelivered,
      }),
    ],
  });
}

/** @throws InvalidEngineProps for what cannot be the name of a workflow. */
export function checkWorkflowName(method: string, workflow: string): void {
  if (/^[A-Za-z0-9_-]{1,80}$/.test(workflow)) return;
  throw new InvalidEngineProps(
    `Give ${method} the name of a workflow (1 to 80 letters, digits, "-" or "_"), not "${workflow}".`,
  );
}
