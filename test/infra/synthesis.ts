import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { z } from 'zod';

const resource = z.object({
  Type: z.string(),
  Properties: z.record(z.string(), z.unknown()).default({}),
  DeletionPolicy: z.string().optional(),
});
const template = z.object({ Resources: z.record(z.string(), resource) });

export type Resource = z.infer<typeof resource>;
export type TemplateJson = z.infer<typeof template>;

/**
 * An app with the feature flags of cdk.json, as the CLI gives them. The functions are bundled only where a test looks
 * at the bundles; everything else in the template is the same without.
 */
export function testApp(options: { readonly bundled: boolean }): App {
  const { context } = z
    .object({ context: z.record(z.string(), z.unknown()) })
    .parse(JSON.parse(readFileSync(new URL('../../cdk.json', import.meta.url), 'utf8')));
  return new App({
    outdir: mkdtempSync(join(tmpdir(), 'knhk-cdk-')),
    context: { ...context, ...(options.bundled ? {} : { 'aws:cdk:bundling-stacks': [] }) },
  });
}

/** The stack's template as it would be deployed, with defaults filled in for what a resource leaves out. */
export function templateOf(stack: Parameters<typeof Template.fromStack>[0]): TemplateJson {
  return template.parse(Template.fromStack(stack).toJSON());
}

export function resourcesOf(json: TemplateJson, type: string): readonly (readonly [string, Resource])[] {
  return Object.entries(json.Resources).filter(([, { Type }]) => Type === type);
}

/** The one resource of this type whose logical id contains `id`. */
export function resourceOf(json: TemplateJson, type: string, id: string): Resource {
  const found = resourcesOf(json, type).filter(([logicalId]) => logicalId.includes(id));
  const [only] = found;
  if (!only || found.length > 1) throw new Error(`${found.length} resources of type ${type} are named like ${id}`);
  return only[1];
}
