import type { QueryLanguage } from '../../model/plan.ts';
import type { Expressions } from '../expressions.ts';
import { type Finding, type FindingCode, jsonPointer, locationOf, type Path, type Severity } from './finding.ts';

export type WorkflowType = 'STANDARD' | 'EXPRESS';

/** What is the same for a whole check. */
export interface Check {
  readonly type: WorkflowType;
  /** Of the definition; states may have their own. */
  readonly language: QueryLanguage;
  readonly findings: Finding[];
  readonly expressions: Expressions;
  /** The definition uses additions to Amazon States Language: some errors there are no more than warnings. */
  readonly extended: boolean;
  /** Names of all states so far, in all scopes. */
  readonly stateNames: Set<string>;
  /** States that arguments of work items speak of: they are looked for when all are known. */
  readonly mentioned: { readonly name: string; readonly site: Site }[];
  /** Labels of all Maps so far. */
  readonly labels: Set<string>;
}

type Offer = 'result' | 'errorOutput' | undefined;

/**
 * A place in the definition: where findings are reported, and in which query language it is written. There is one for
 * each value that is looked at, and nearly all are in order: so the path is put together only when something is not.
 */
export class Site {
  readonly check: Check;
  readonly language: QueryLanguage;
  /** What expressions may look at besides the input and the context. */
  readonly offers: Offer;
  /** The last step of the path; absent for the whole document. */
  readonly #step: string | number | undefined;
  readonly #parent: Site | undefined;

  private constructor(check: Check, language: QueryLanguage, offers: Offer, parent?: Site, step?: string | number) {
    this.check = check;
    this.language = language;
    this.offers = offers;
    this.#parent = parent;
    this.#step = step;
  }

  static root(check: Check): Site {
    return new Site(check, check.language, undefined);
  }

  at(step: string | number): Site {
    return new Site(this.check, this.language, this.offers, this, step);
  }

  along(steps: Path): Site {
    return steps.reduce<Site>((site, step) => site.at(step), this);
  }

  in(language: QueryLanguage): Site {
    return language === this.language ? this : new Site(this.check, language, this.offers, this.#parent, this.#step);
  }

  offering(offers: 'result' | 'errorOutput'): Site {
    return new Site(this.check, this.language, offers, this.#parent, this.#step);
  }

  get path(): Path {
    return this.#step === undefined ? [] : [...(this.#parent?.path ?? []), this.#step];
  }

  /** The name of the field that this is, for messages. */
  get name(): string {
    return String(this.#step ?? '');
  }

  /** `hint`: what was probably meant. */
  invalid(message: string, hint?: string): void {
    this.report('SCHEMA_VALIDATION_FAILED', message, 'ERROR', hint);
  }

  warn(code: FindingCode, message: string, hint?: string): void {
    this.report(code, message, 'WARNING', hint);
  }

  report(code: FindingCode, message: string, severity: Severity = 'ERROR', hint?: string): void {
    const { path } = this;
    const place = { pointer: jsonPointer(path), location: locationOf(path) };
    this.check.findings.push({ ...place, code, message, severity, ...(hint === undefined ? {} : { hint }) });
  }
}
