import { type IRule, RuleTargetInput, type RuleTargetInputProperties } from 'aws-cdk-lib/aws-events';

/** What stands for parts of the event in a template, as JSON values. */
export const eventParts = { id: '<id>', whole: '<aws.events.event.json>' } as const;

/**
 * The input transformer that makes an object of an event. Written out, since the ready-made inputs of the CDK quote
 * `<aws.events.event.json>`, which stands for the whole event as a JSON value.
 */
export class RuleInput extends RuleTargetInput {
  private readonly fields: Readonly<Record<string, string>>;

  /** @param fields JSON texts, or one of `eventParts`. */
  constructor(fields: Readonly<Record<string, string>>) {
    super();
    this.fields = fields;
  }

  override bind(_rule: IRule): RuleTargetInputProperties {
    const members = Object.entries(this.fields).map(([name, value]) => `"${name}":${value}`);
    const inputTemplate = `{${members.join(',')}}`;
    return inputTemplate.includes(eventParts.id)
      ? { inputPathsMap: { id: '$.id' }, inputTemplate }
      : { inputTemplate, inputPathsMap: {} };
  }
}
