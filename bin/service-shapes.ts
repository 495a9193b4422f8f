import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { ServiceShapes, Shape, ShapeRef } from '../lib/execution/test-state/shapes/shape.ts';

/**
 * Writes the shapes that mocked results are checked against, from the service models that AWS publishes with botocore
 * (Apache-2.0):
 *
 *     node bin/service-shapes.ts <folder "data" of an installed botocore>
 *
 * To check mocks of another service, add it here and to lib/execution/test-state/shapes/index.ts.
 */

/** Services by the names that Step Functions has for them, with their folders in botocore. */
const SERVICES: Readonly<Record<string, string>> = {
  athena: 'athena',
  bedrockruntime: 'bedrock-runtime',
  cloudwatch: 'cloudwatch',
  cloudwatchlogs: 'logs',
  comprehend: 'comprehend',
  dynamodb: 'dynamodb',
  eventbridge: 'events',
  firehose: 'firehose',
  kinesis: 'kinesis',
  kms: 'kms',
  lambda: 'lambda',
  polly: 'polly',
  s3: 's3',
  scheduler: 'scheduler',
  secretsmanager: 'secretsmanager',
  ses: 'ses',
  sesv2: 'sesv2',
  sfn: 'stepfunctions',
  sns: 'sns',
  sqs: 'sqs',
  ssm: 'ssm',
  sts: 'sts',
  textract: 'textract',
  translate: 'translate',
};

/** A shape of botocore's service models, as far as it is read here. */
interface Modelled {
  readonly type: string;
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  readonly required?: readonly string[];
  readonly members?: Readonly<Record<string, { readonly shape: string }>>;
  readonly member?: { readonly shape: string };
  readonly value?: { readonly shape: string };
  readonly document?: boolean;
}

interface Model {
  readonly operations: Readonly<Record<string, { readonly output?: { readonly shape: string } }>>;
  readonly shapes: Readonly<Record<string, Modelled>>;
}

const TEXTS: ReadonlySet<string> = new Set(['string', 'blob', 'timestamp', 'character']);
const NUMBERS: ReadonlySet<string> = new Set(['integer', 'long', 'float', 'double', 'bigdecimal']);

function shorten(model: Model): ServiceShapes {
  const shapes: Shape[] = [];
  const known = new Map<string, ShapeRef>();
  function refTo(name: string): ShapeRef {
    const found = known.get(name);
    if (found !== undefined) return found;
    const modelled = model.shapes[name];
    if (modelled === undefined) throw new Error(`The model has no shape ${name}.`);
    const simple = simpleShape(modelled);
    if (simple !== undefined) {
      const ref = simple.length === 1 ? simple[0] : shapes.push(simple) - 1;
      known.set(name, ref);
      return ref;
    }
    // Its place is taken before its members are looked at: shapes may contain themselves.
    const index = shapes.push(['d']) - 1;
    known.set(name, index);
    shapes[index] = compound(modelled);
    return index;
  }
  function compound({ type, members = {}, member, value, required, min, max }: Modelled): Shape {
    if (type === 'list') return ['l', refTo(member?.shape ?? ''), ...bounds(min, max)];
    if (type === 'map') return ['m', refTo(value?.shape ?? '')];
    const fields = Object.fromEntries(Object.entries(members).map(([name, { shape }]) => [name, refTo(shape)]));
    return required === undefined || required.length === 0 ? ['o', fields] : ['o', fields, required];
  }
  const operations = Object.entries(model.operations).flatMap(([name, { output }]) =>
    output === undefined ? [] : [[name, refTo(output.shape)] as const],
  );
  return { operations: Object.fromEntries(operations), shapes };
}

type Simple = readonly ['b'] | readonly ['d'] | Extract<Shape, readonly ['s' | 'n' | 'e', ...unknown[]]>;

function simpleShape({ type, enum: values, min, max, document }: Modelled): Simple | undefined {
  if (document === true) return ['d'];
  if (values !== undefined) return ['e', values];
  if (TEXTS.has(type)) return ['s', ...bounds(min, max)];
  if (NUMBERS.has(type)) return ['n', ...bounds(min, max)];
  return type === 'boolean' ? ['b'] : undefined;
}

function bounds(min: number | undefined, max: number | undefined): [] | [number | null] | [number | null, number] {
  if (max !== undefined) return [min ?? null, max];
  return min === undefined || min === 0 ? [] : [min];
}

function readModel(folder: string): Model {
  const versions = readdirSync(folder).filter((name) => /^\d/.test(name));
  const newest = versions.sort().at(-1) ?? '';
  return JSON.parse(gunzipSync(readFileSync(join(folder, newest, 'service-2.json.gz'))).toString());
}

const [data] = process.argv.slice(2);
if (data === undefined) throw new Error('Name the folder "data" of an installed botocore.');
for (const [name, folder] of Object.entries(SERVICES)) {
  const text = JSON.stringify(shorten(readModel(join(data, folder))))
    .replaceAll('\\', '\\\\')
    .replaceAll("'", "\\'");
  const file = new URL(`../lib/execution/test-state/shapes/${name}.ts`, import.meta.url);
  writeFileSync(
    file,
    `// Written by bin/service-shapes.ts from the model of the service (Copyright Amazon.com, Apache-2.0).\nexport const shapes =\n  '${text}';\n`,
  );
}
