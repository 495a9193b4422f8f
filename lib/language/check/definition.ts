import type { Json } from '../../model/json.ts';
import type { Definition } from '../definition.ts';
import { Expressions } from '../expressions.ts';
import { usesAdditions } from '../net.ts';
import type { Finding } from './finding.ts';
import { checkNestedPools } from './pool.ts';
import { positionsIn } from './position.ts';
import { checkScope } from './scope.ts';
import { type Check, Site, type WorkflowType } from './site.ts';
import { checkForm, parseDefinition } from './syntax.ts';
import { checkWorkItemStates } from './work-item.ts';

export interface CheckOptions {
  /** Express workflows may not wait for others. `STANDARD` where absent. */
  readonly type?: WorkflowType;
  /** Where compiled expressions are kept for the compiler. */
  readonly expressions?: Expressions;
}

export interface CheckResult {
  /** In document order, as far as they concern one place. */
  readonly findings: readonly Finding[];
  /** Present if no finding is an error. */
  readonly definition?: Definition;
}

/** Checks a definition as a whole: its text, or the JSON value of it. */
export function checkDefinition(source: string | Json, options: CheckOptions = {}): CheckResult {
  const result = checkSource(source, options);
  return typeof source === 'string' ? { ...result, findings: placed(result.findings, source) } : result;
}

/** Findings with their places in the text. What is wrong with the text itself stands at its place already. */
export function placed(findings: readonly Finding[], text: string): readonly Finding[] {
  if (findings.length === 0) return findings;
  const positions = positionsIn(text, new Set(findings.map(({ pointer }) => pointer)));
  return findings.map((found) => (found.line === undefined ? { ...found, ...positions.get(found.pointer) } : found));
}

function checkSource(source: string | Json, options: CheckOptions): CheckResult {
  const parsed = typeof source === 'string' ? parseDefinition(source) : checkForm(source);
  if (!parsed.ok) return { findings: [parsed.finding] };
  const { value } = parsed;
  const findings: Finding[] = [];
  const { QueryLanguage: stated } = value;
  const language = stated === undefined || stated === 'JSONPath' ? 'JSONPath' : 'JSONata';
  const { type = 'STANDARD', expressions = new Expressions() } = options;
  const check = {
    type,
    language,
    findings,
    expressions,
    extended: usesAdditions(value),
    stateNames: new Set<string>(),
    mentioned: [],
    labels: new Set<string>(),
  } satisfies Check;
  const site = Site.root(check);
  checkScope(value, site, 'definition');
  checkWorkItemStates(check);
  if (check.extended) checkNestedPools(value, site);
  if (findings.some(({ severity }) => severity === 'ERROR')) return { findings };
  // The checks have just established that the value has the form of the type.
  const definition = value as unknown as Definition;
  return { findings, definition };
}
