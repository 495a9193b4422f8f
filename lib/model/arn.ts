/** ARNs of the engine's own resources: Step Functions' form, so that its clients and definitions work unchanged. */
export interface Place {
  /** `aws`, `aws-us-gov`, `aws-cn`. */
  readonly partition: string;
  readonly region: string;
  /** Twelve digits. */
  readonly account: string;
}

export function workflowArn(place: Place, name: string): string {
  return arn(place, `stateMachine:${name}`);
}

/** Of a version (a number) or an alias of a workflow. */
export function qualifiedArn(workflow: string, qualifier: number | string): string {
  return `${workflow}:${qualifier}`;
}

export function executionArn(place: Place, workflow: string, name: string): string {
  return arn(place, `execution:${workflow}:${name}`);
}

export function expressArn(place: Place, workflow: string, name: string, id: string): string {
  return arn(place, `express:${workflow}:${name}:${id}`);
}

export function activityArn(place: Place, name: string): string {
  return arn(place, `activity:${name}`);
}

/** Of a run of a distributed Map: `<workflow>/<label>:<name of the execution>-<number of the event before>`, which leads back to the execution. */
export function mapRunArn(place: Place, label: string, execution: StatesArn, number: number): string {
  return arn(place, `mapRun:${childWorkflow(execution.name, label)}:${execution.execution}-${number}`);
}

/** What the executions of a map run are executions of. */
export function childWorkflow(workflow: string, label: string): string {
  return `${workflow}/${label}`;
}

/** The workflow that a definition belongs to: children of a map run have that of their parent. */
export function definingWorkflow(workflow: string): string {
  const [own = workflow] = workflow.split('/');
  return own;
}

export interface MapRunArn extends Place {
  readonly workflow: string;
  readonly label: string;
  /** ARN of the execution whose map run it is. */
  readonly execution: string;
}

/** `undefined`: not the ARN of a map run. */
export function parseMapRunArn(text: string): MapRunArn | undefined {
  const [, partition, region, account, workflow, label, name] =
    /^arn:([^:]+):states:([^:]+):([^:]+):mapRun:([^:]+)\/([^:/]+):([^:]+)-\d+$/.exec(text) ?? [];
  if (!partition || !region || !account || !workflow || !label || !name) return undefined;
  const place = { partition, region, account };
  return { ...place, workflow, label, execution: executionArn(place, workflow, name) };
}

function arn({ partition, region, account }: Place, resource: string): string {
  return `arn:${partition}:states:${region}:${account}:${resource}`;
}

export interface StatesArn extends Place {
  readonly kind: 'stateMachine' | 'execution' | 'express' | 'activity';
  /** The workflow's or activity's name. */
  readonly name: string;
  /** The execution's name, where there is one. */
  readonly execution?: string;
  /** Of a workflow: the version (its number in digits) or the alias that stands behind the name. */
  readonly qualifier?: string;
}

/** `undefined`: not the ARN of one of the engine's resources. */
export function parseStatesArn(text: string): StatesArn | undefined {
  const [scheme, partition, service, region, account, kind, name, execution, ...rest] = text.split(':');
  if (scheme !== 'arn' || service !== 'states' || !partition || !region || !account || !name) return undefined;
  const place = { partition, region, account, name };
  switch (kind) {
    case 'stateMachine':
      if (execution === undefined) return { ...place, kind };
      return execution !== '' && rest.length === 0 ? { ...place, kind, qualifier: execution } : undefined;
    case 'activity':
      return execution === undefined ? { ...place, kind } : undefined;
    case 'execution':
      return execution !== undefined && rest.length === 0 ? { ...place, kind, execution } : undefined;
    case 'express':
      return execution === undefined ? undefined : { ...place, kind, execution };
    default:
      return undefined;
  }
}
