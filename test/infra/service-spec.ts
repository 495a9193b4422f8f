import { loadAwsServiceSpecSync } from '@aws-cdk/aws-service-spec';
import type { PropertyType, ResourceProperties, SpecDatabase } from '@aws-cdk/service-spec-types';
import type { TemplateJson } from './synthesis.ts';

/** Takes most of a second to load. */
let specification: SpecDatabase | undefined;

/**
 * What CloudFormation would refuse, or silently ignore: resource types and properties that do not exist, required
 * properties that are missing, values of the wrong shape, attributes that a resource does not have. One sentence each.
 */
export function complaintsAbout(json: TemplateJson): readonly string[] {
  specification ??= loadAwsServiceSpecSync();
  const database = specification;
  const specOf = (type: string) => database.lookup('resource', 'cloudFormationType', 'equals', type)[0];
  const complaints: string[] = [];
  for (const [id, { Type, Properties }] of Object.entries(json.Resources)) {
    if (Type === 'AWS::CDK::Metadata' || Type.startsWith('Custom::')) continue;
    const spec = specOf(Type);
    if (spec) complaints.push(...aboutObject(`${id} (${Type})`, Properties, spec.properties, database));
    else complaints.push(`${id}: there is no resource type ${Type}`);
  }
  for (const [id, attribute] of attributesIn(json.Resources)) {
    const type = json.Resources[id]?.Type;
    if (type === undefined) complaints.push(`${id}.${attribute}: there is no resource ${id}`);
    else if (!type.startsWith('Custom::') && !specOf(type)?.attributes[attribute]) {
      complaints.push(`${id}.${attribute}: ${type} has no such attribute`);
    }
  }
  return complaints;
}

function aboutObject(at: string, value: object, properties: ResourceProperties, database: SpecDatabase): string[] {
  const unknown = Object.keys(value).filter((name) => !properties[name]);
  const missing = Object.entries(properties).filter(([name, { required }]) => required && !(name in value));
  const nested = Object.entries(value).flatMap(([name, member]) => {
    const property = properties[name];
    if (!property) return [];
    // A property that changed its type takes values of the earlier ones, too.
    const types = [property.type, ...(property.previousTypes ?? [])];
    return bestOf(types.map((type) => aboutValue(`${at}.${name}`, member, type, database)));
  });
  return [
    ...unknown.map((name) => `${at}: there is no property ${name}`),
    ...missing.map(([name]) => `${at}: the property ${name} is required`),
    ...nested,
  ];
}

function aboutValue(at: string, value: unknown, type: PropertyType, database: SpecDatabase): string[] {
  if (isIntrinsic(value)) return [];
  const wrong = (expected: string) => [`${at}: ${JSON.stringify(value)} is no ${expected}`];
  switch (type.type) {
    case 'json':
    case 'tag':
      return [];
    case 'string':
    case 'date-time':
      return typeof value === 'string' && (type.type === 'date-time' || (type.allowedValues ?? [value]).includes(value))
        ? []
        : wrong(type.type);
    case 'integer':
    case 'number':
      return typeof value === 'number' || (typeof value === 'string' && /^\d+$/.test(value)) ? [] : wrong(type.type);
    case 'boolean':
      return typeof value === 'boolean' ? [] : wrong('boolean');
    case 'null':
      return wrong('value that belongs here');
    case 'array':
      return Array.isArray(value)
        ? value.flatMap((member, i) => aboutValue(`${at}[${i}]`, member, type.element, database))
        : wrong('array');
    case 'map':
      return isObject(value)
        ? Object.entries(value).flatMap(([name, member]) => aboutValue(`${at}.${name}`, member, type.element, database))
        : wrong('map');
    case 'ref':
      return isObject(value)
        ? aboutObject(at, value, database.get('typeDefinition', type.reference.$ref).properties, database)
        : wrong('object');
    case 'union':
      return bestOf(type.types.map((member) => aboutValue(at, value, member, database)));
  }
}

function bestOf(complaints: readonly string[][]): string[] {
  return complaints.reduce((best, next) => (next.length < best.length ? next : best), complaints[0] ?? []);
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `{ Ref }` or `{ Fn::… }`: its value is only known when it is deployed. */
function isIntrinsic(value: unknown): boolean {
  if (!isObject(value)) return false;
  const [key, ...others] = Object.keys(value);
  return others.length === 0 && key !== undefined && (key === 'Ref' || key.startsWith('Fn::'));
}

/** Every `Fn::GetAtt`: the resource and its attribute. */
function attributesIn(value: unknown): (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) => {
    if (key !== 'Fn::GetAtt' || !Array.isArray(member)) return attributesIn(member);
    const [id, ...attribute] = member.map(String);
    return id === undefined ? [] : [[id, attribute.join('.')] as const];
  });
}
