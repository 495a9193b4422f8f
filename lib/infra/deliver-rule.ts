import type { IRule } from 'aws-cdk-lib/aws-events';
import type { Construct } from 'constructs';
import type { DeliverEvent } from '../../functions/events.ts';
import { InvalidEngineProps } from './engine-props.ts';
import { eventParts, RuleInput } from './rule-input.ts';
import { apiRule, checkWorkflowName, type EventRuleProps, type RuleTarget } from './start-rule.ts';

/**
 * How events find the executions that wait for them. Paths and expressions are JSONata over the whole event, as in
 * `$.detail.orderId` or `'order-' & detail.order.id`; they must not contain `<`.
 */
export interface DeliverRuleProps extends EventRuleProps {
  /** Workflow of the executions. May be left out where `execution` gives ARNs. */
  readonly workflow?: string;
  /** Gives the name of the execution, or its ARN. */
  readonly execution: string;
  /** Name of the event, as the `Trigger` of a state has it. */
  readonly event: string;
  /** Gives the event's payload. Default: `$.detail`. */
  readonly payload?: string;
  /** Gives the id that tells the event from others. Default: `$.id`, EventBridge's own. */
  readonly id?: string;
  /**
   * What becomes of an event whose execution does not exist. keep (the default): it is tried twice more, some minutes
   * apart, and then goes to the queue of undelivered events. discard: nothing.
   */
  readonly unmatched?: 'keep' | 'discard';
}

/** A rule whose events invoke the api function with a `DeliverEvent`. */
export function deliverRule(scope: Construct, id: string, props: DeliverRuleProps, target: RuleTarget): IRule {
  const {
    workflow,
    execution,
    event,
    payload = '$.detail',
    id: key = '$.id',
    unmatched = 'keep',
    ...ruleProps
  } = props;
  if (workflow !== undefined) checkWorkflowName('deliverOn', workflow);
  for (const text of [execution, event, payload, key]) {
    if (text === '' || text.includes('<')) {
      throw new InvalidEngineProps(
        `Give deliverOn names and expressions that are not empty and have no "<", not "${text}".`,
      );
    }
  }
  const fields: Partial<Record<keyof DeliverEvent, string>> = {
    knhk: '"event"',
    ...(workflow === undefined ? {} : { workflow: JSON.stringify(workflow) }),
    execution: JSON.stringify(execution),
    event: JSON.stringify(event),
    payload: JSON.stringify(payload),
    id: JSON.stringify(key),
    unmatched: JSON.stringify(unmatched),
    source: eventParts.whole,
  };
  return apiRule(scope, id, ruleProps, new RuleInput(fields), target);
}
