import { z } from 'zod';
import { resourcesOf, type TemplateJson } from './synthesis.ts';

const oneOrMore = z.union([z.string().transform((text) => [text]), z.array(z.string())]);
const statement = z.object({
  Effect: z.enum(['Allow', 'Deny']),
  Action: oneOrMore,
  Resource: z.unknown().optional(),
  Condition: z.unknown().optional(),
});
const document = z.object({ Statement: z.array(statement) });

export interface Permission {
  readonly action: string;
  /** Logical id and what follows it: `Blobs/*`; the text itself where the template has one. */
  readonly resource: string;
  readonly condition: unknown;
}

/** What identities (roles, users) are allowed: one entry per action and resource, of all policies whose logical id contains `id`. */
export function permissionsOf(json: TemplateJson, id: string): readonly Permission[] {
  const attached = resourcesOf(json, 'AWS::IAM::Policy').map(([name, { Properties }]) => [name, Properties] as const);
  const inline = resourcesOf(json, 'AWS::IAM::Role').flatMap(([name, { Properties }]) => {
    const policies = z.array(z.record(z.string(), z.unknown())).default([]).parse(Properties['Policies']);
    return policies.map((policy) => [name, policy] as const);
  });
  return [...attached, ...inline]
    .filter(([name]) => name.includes(id))
    .flatMap(([, policy]) => document.parse(policy['PolicyDocument']).Statement)
    .filter(({ Effect }) => Effect === 'Allow')
    .flatMap(({ Action, Resource, Condition }) =>
      Action.flatMap((action) =>
        (Array.isArray(Resource) ? Resource : [Resource]).map((resource: unknown) => ({
          action,
          resource: nameOf(resource),
          condition: Condition,
        })),
      ),
    );
}

function nameOf(resource: unknown): string {
  if (typeof resource === 'string') return resource;
  if (typeof resource !== 'object' || resource === null) return String(resource);
  if ('Ref' in resource) return String(resource.Ref);
  if ('Fn::GetAtt' in resource && Array.isArray(resource['Fn::GetAtt'])) return String(resource['Fn::GetAtt'][0]);
  if ('Fn::Join' in resource && Array.isArray(resource['Fn::Join']) && Array.isArray(resource['Fn::Join'][1])) {
    return resource['Fn::Join'][1].map(nameOf).join('');
  }
  return JSON.stringify(resource);
}
