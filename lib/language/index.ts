import type { Json } from '../model/json.ts';
import type { Plan } from '../model/plan.ts';
import { analyseDefinition } from './analysis/index.ts';
import { type CheckOptions, checkDefinition, placed } from './check/definition.ts';
import type { Finding } from './check/finding.ts';
import { unsupportedParts } from './check/unsupported.ts';
import { compileDefinition } from './compile/definition.ts';
import type { CompileOptions } from './compile/options.ts';
import type { Definition } from './definition.ts';
import { Expressions } from './expressions.ts';
import { type Optimizations, optimizationsOf } from './optimize/report.ts';

export { type CheckOptions, type CheckResult, checkDefinition } from './check/definition.ts';
export { type Finding, type FindingCode, ownCodes, refusalMessage, type Severity } from './check/finding.ts';
export { compileDefinition } from './compile/definition.ts';
export type { CompileOptions, HashAlgorithm } from './compile/options.ts';
export type { Trace, TraceStep } from './compile/trace.ts';
export type { Definition } from './definition.ts';
export { mapSchema } from './input-schema/keywords.ts';
export { schemaPattern } from './input-schema/pattern.ts';
export { integrationPatterns } from './integrations.ts';
export { edgesOf } from './net.ts';
export type { Folded, Optimizations } from './optimize/report.ts';
export { definitionSchema } from './schema/index.ts';

export type LoadOptions = CheckOptions &
  CompileOptions & {
    /** The integrations the engine has, as `lambda:invoke`; a definition that uses another gets a warning. Absent: all. */
    readonly integrations?: Pick<ReadonlySet<string>, 'has'>;
    /** Also look for what can go wrong in its nets, which takes the longest of all. */
    readonly isAnalysed?: boolean;
  };

/** A plan with the warnings of the definition it was made of, or the findings for which the definition is refused. */
export type LoadedDefinition =
  | {
      readonly plan: Plan;
      readonly definition: Definition;
      readonly findings: readonly Finding[];
      /** What has been done ahead of time; found out when it is asked for. */
      readonly optimizations: () => Optimizations;
    }
  | { readonly plan?: undefined; readonly definition?: undefined; readonly findings: readonly Finding[] };

/** Checks and compiles a definition. */
export function loadDefinition(source: string | Json, options: LoadOptions): LoadedDefinition {
  const expressions = new Expressions();
  const { definition, findings } = checkDefinition(source, { ...options, expressions });
  if (definition === undefined) return { findings };
  const unsupported = unsupportedParts(definition, options.integrations);
  const isRefused = [...findings, ...unsupported].some(({ severity }) => severity === 'ERROR');
  const plan = isRefused ? undefined : compileDefinition(definition, { ...options, expressions });
  const later = [
    ...unsupported,
    ...(plan !== undefined && options.isAnalysed === true ? analyseDefinition(definition, plan) : []),
  ];
  const all = [...findings, ...(typeof source === 'string' ? placed(later, source) : later)];
  if (plan === undefined) return { findings: all };
  const optimizations = () => optimizationsOf(definition, plan, { ...options, expressions });
  return { plan, definition, findings: all, optimizations };
}
