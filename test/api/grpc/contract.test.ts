import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DescField, DescMessage } from '@bufbuild/protobuf';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { SERVICES } from '../../../lib/api/grpc/face.ts';
import { restRoutes } from '../../../lib/api/rest/face.ts';

/** The .proto, what is generated from it, and REST say the same. */

const GENERATED = fileURLToPath(new URL('../../../lib/api/grpc/gen', import.meta.url));
const GENERATOR = fileURLToPath(new URL('../../../bin/grpc-code.ts', import.meta.url));

test('the generated code is up to date', ({ onTestFinished }) => {
  const folder = mkdtempSync(join(tmpdir(), 'knhk-proto-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  execFileSync(process.execPath, [GENERATOR, folder], { stdio: 'ignore' });
  const read = (from: string) =>
    Object.fromEntries(readdirSync(from).map((name) => [name, readFileSync(join(from, name), 'utf8')]));
  expect(read(GENERATED)).toEqual(read(folder));
});

const METHODS = SERVICES.flatMap(({ methods }) => methods).filter(({ methodKind }) => methodKind === 'unary');

describe.each(METHODS.map((method) => [method.localName, method] as const))('%s', (name, { input, output }) => {
  const route = restRoutes.find(({ operationId }) => operationId === name);

  test('takes what the operation takes', () => {
    const { params, query, body } = route ?? expect.fail('There is no such operation.');
    const shape = { ...params.shape, ...query.shape, ...(body instanceof z.ZodObject ? body.shape : {}) };
    expect(namesOf(input)).toEqual(Object.keys(shape).sort());
  });

  test('answers what the operation answers', () => {
    const schema = Object.values(route?.replies ?? {}).find((reply) => reply?.schema !== undefined)?.schema;
    const [resource, created, ...beside] = output.fields;
    if (created?.name !== 'created') return compare(output, schema ?? z.object({}));
    const told = inner(schema ?? expect.fail('The operation answers nothing.')) as z.ZodObject;
    expect(Object.keys(told.shape)).toEqual(expect.arrayContaining(beside.map(({ jsonName }) => jsonName)));
    const besides = new Set(beside.map(({ jsonName }) => jsonName));
    const made = Object.entries(told.shape).filter(([property]) => !besides.has(property));
    compare(resource?.message, z.object(Object.fromEntries(made)));
  });
});

function namesOf({ fields }: DescMessage): readonly string[] {
  return fields.map(({ jsonName }) => jsonName).sort();
}

/** Fields of messages that are described here, with those of the objects that they stand for, down to the last. */
function compare(message: DescMessage | undefined, schema: z.ZodType): void {
  const object = inner(schema);
  if (message === undefined || !(object instanceof z.ZodObject)) return;
  expect(namesOf(message), message.typeName).toEqual(Object.keys(object.shape).sort());
  for (const field of message.fields) {
    const described = messageIn(field);
    const property = object.shape[field.jsonName];
    if (described?.file.proto.package === 'knhk.v1' && property !== undefined) compare(described, property);
  }
}

function messageIn(field: DescField): DescMessage | undefined {
  return field.fieldKind === 'message' || field.fieldKind === 'list' ? field.message : undefined;
}

/** What an optional or a list is of. */
function inner(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return inner(schema.unwrap() as z.ZodType);
  return schema instanceof z.ZodArray ? inner(schema.element as z.ZodType) : schema;
}
