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
  /** Names of all states so far, in all scopes. */
  readonly stateNames: Set<string>;
}

/** A place in the definition: where findings are reported, and in which query language it is written. */
export class Site {
  readonly check: Check;
  readonly path: Path;
  readonly language: QueryLanguage;
  /** What expressions may look at besides the input and the context. */
  readonly offers: 'result' | 'errorOutput' | undefined;

  constructor(check: Check, path: Path, language: QueryLanguage, offers?: 'result' | 'errorOutput') {
    this.check = check;
    this.path = path;
    this.language = language;
    this.offers = offers;
  }

  at(...steps: Path): Site {
    return new Site(this.check, [...this.path, ...steps], this.language, this.offers);
  }

  in(language: QueryLanguage): Site {
    return language === this.language ? this : new Site(this.check, this.path, language, this.offers);
  }

  offering(offers: 'result' | 'errorOutput'): Site {
    return new Site(this.check, this.path, this.language, offers);
  }

  /** The name of the field that this is, for messages. */
  get name(): string {
    return String(this.path.at(-1) ?? '');
  }

  invalid(message: string): void {
    this.report('SCHEMA_VALIDATION_FAILED', message);
  }

  warn(code: FindingCode, message: string): void {
    this.report(code, message, 'WARNING');
  }

  report(code: FindingCode, message: string, severity: Severity = 'ERROR'): void {
    const { path } = this;
    this.check.findings.push({ pointer: jsonPointer(path), location: locationOf(path), code, message, severity });
  }
}
