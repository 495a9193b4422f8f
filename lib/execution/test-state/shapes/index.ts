import type { ServiceShapes } from './shape.ts';

/** Each is loaded when a mock of the service is checked for the first time. */
const SERVICES: Readonly<Record<string, () => Promise<{ readonly shapes: string }>>> = {
  athena: () => import('./athena.ts'),
  bedrockruntime: () => import('./bedrockruntime.ts'),
  cloudwatch: () => import('./cloudwatch.ts'),
  cloudwatchlogs: () => import('./cloudwatchlogs.ts'),
  comprehend: () => import('./comprehend.ts'),
  dynamodb: () => import('./dynamodb.ts'),
  eventbridge: () => import('./eventbridge.ts'),
  firehose: () => import('./firehose.ts'),
  kinesis: () => import('./kinesis.ts'),
  kms: () => import('./kms.ts'),
  lambda: () => import('./lambda.ts'),
  polly: () => import('./polly.ts'),
  s3: () => import('./s3.ts'),
  scheduler: () => import('./scheduler.ts'),
  secretsmanager: () => import('./secretsmanager.ts'),
  ses: () => import('./ses.ts'),
  sesv2: () => import('./sesv2.ts'),
  sfn: () => import('./sfn.ts'),
  sns: () => import('./sns.ts'),
  sqs: () => import('./sqs.ts'),
  ssm: () => import('./ssm.ts'),
  sts: () => import('./sts.ts'),
  textract: () => import('./textract.ts'),
  translate: () => import('./translate.ts'),
};

const loaded = new Map<string, Promise<ServiceShapes>>();

/** The shapes of a service by the name that Step Functions has for it; `undefined`: there are none of it here. */
export function loadShapes(service: string): Promise<ServiceShapes | undefined> {
  const load = Object.hasOwn(SERVICES, service) ? SERVICES[service] : undefined;
  if (load === undefined) return Promise.resolve(undefined);
  const known = loaded.get(service);
  if (known !== undefined) return known;
  const shapes = load().then(({ shapes: text }): ServiceShapes => JSON.parse(text));
  loaded.set(service, shapes);
  return shapes;
}
