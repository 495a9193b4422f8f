/**
 * Translates the expressions of neutral nets, which are those of JavaScript without side effects, into JSONata:
 * `votes.filter(v => v.yes).length > 3`, `colour == 'red'`, `!late`.
 */

export interface Names {
  /** What stands for a name of the case data; names of parameters are seen to here. */
  readonly of: (name: string) => string;
}

/** The case data are fields of one variable. */
export const caseData: Names = { of: (name) => `$data.\`${name}\`` };

/** @throws Error if it is not understood. */
export function toJsonata(expression: string, names: Names = caseData): string {
  const parser = new Parser(tokenize(expression), names, expression);
  const text = parser.expression();
  parser.end();
  return text;
}

/** A condition: what counts as true in JavaScript is `true`, everything else `false`. */
export function toCondition(expression: string, names: Names = caseData): string {
  return `{% (${toJsonata(expression, names)}) ? true : false %}`;
}

/** Whether it gives a boolean, and not a number. */
export function isComparison(expression: string): boolean {
  return /[<>!]|==|&&|\|\||\b(true|false|some|every|includes)\b/.test(expression.replaceAll('=>', ''));
}

interface Lexeme {
  readonly kind: 'number' | 'string' | 'name' | 'operator' | 'end';
  readonly text: string;
}

const LEXEMES =
  /\s*(?:(?<number>\d+(?:\.\d+)?)|'(?<single>[^']*)'|"(?<double>[^"]*)"|(?<name>[A-Za-z_]\w*)|(?<operator>=>|===|!==|==|!=|<=|>=|&&|\|\||\?\?|[-+*/%<>!?:()[\].,]))/y;

function tokenize(text: string): readonly Lexeme[] {
  const lexemes: Lexeme[] = [];
  const source = text.trim();
  LEXEMES.lastIndex = 0;
  for (let at = 0; at < source.length; at = LEXEMES.lastIndex) {
    const { number, single, double, name, operator } = LEXEMES.exec(source)?.groups ?? {};
    const string = single ?? double;
    if (number !== undefined) lexemes.push({ kind: 'number', text: number });
    else if (string !== undefined) lexemes.push({ kind: 'string', text: string });
    else if (name !== undefined) lexemes.push({ kind: 'name', text: name });
    else if (operator !== undefined) lexemes.push({ kind: 'operator', text: operator });
    else throw new Error(`"${text}" is not understood from character ${at + 1} on.`);
  }
  return [...lexemes, { kind: 'end', text: '' }];
}

/** Binary operators, those that bind least first. */
const LEVELS: readonly Readonly<Record<string, string>>[] = [
  { '||': 'or', '??': '??' },
  { '&&': 'and' },
  { '==': '=', '===': '=', '!=': '!=', '!==': '!=' },
  { '<': '<', '>': '>', '<=': '<=', '>=': '>=' },
  { '+': '+', '-': '-' },
  { '*': '*', '/': '/', '%': '%' },
];

class Parser {
  readonly #lexemes: readonly Lexeme[];
  readonly #names: Names;
  readonly #source: string;
  readonly #parameters: string[] = [];
  #at = 0;

  constructor(lexemes: readonly Lexeme[], names: Names, source: string) {
    this.#lexemes = lexemes;
    this.#names = names;
    this.#source = source;
  }

  end(): void {
    if (this.#next().kind !== 'end') throw this.#unexpected();
  }

  expression(): string {
    const condition = this.#binary(0);
    if (!this.#skip('?')) return condition;
    const yes = this.expression();
    this.#expect(':');
    return `((${condition}) ? ${yes} : ${this.expression()})`;
  }

  #binary(level: number): string {
    const operators = LEVELS[level];
    if (operators === undefined) return this.#unary();
    let left = this.#binary(level + 1);
    for (;;) {
      const { kind, text } = this.#next();
      const operator = kind === 'operator' ? operators[text] : undefined;
      if (operator === undefined) return left;
      this.#at += 1;
      const right = this.#binary(level + 1);
      if (operator === '??') left = `($exists(${left}) ? ${left} : ${right})`;
      else if (operator === '+' && [left, right].some((side) => side.startsWith('"'))) left = `(${left} & ${right})`;
      else left = `(${left} ${operator} ${right})`;
    }
  }

  #unary(): string {
    if (this.#skip('!')) return `((${this.#unary()}) ? false : true)`;
    if (this.#skip('-')) return `(-${this.#unary()})`;
    return this.#member();
  }

  #member(): string {
    let text = this.#primary();
    for (;;) {
      if (this.#skip('[')) {
        text = `${text}[${this.expression()}]`;
        this.#expect(']');
      } else if (this.#skip('.')) {
        const name = this.#take('name');
        text = this.#skip('(')
          ? this.#method(text, name)
          : name === 'length'
            ? `$count(${text})`
            : `${text}.\`${name}\``;
      } else {
        return text;
      }
    }
  }

  #primary(): string {
    const lexeme = this.#next();
    if (this.#skip('(')) {
      const inner = this.expression();
      this.#expect(')');
      return `(${inner})`;
    }
    this.#at += 1;
    if (lexeme.kind === 'number') return lexeme.text;
    if (lexeme.kind === 'string') return JSON.stringify(lexeme.text);
    if (lexeme.kind !== 'name') throw this.#unexpected();
    if (lexeme.text === 'Math') return this.#mathematics();
    if (['true', 'false', 'null'].includes(lexeme.text)) return lexeme.text;
    return this.#parameters.includes(lexeme.text) ? `$${lexeme.text}` : this.#names.of(lexeme.text);
  }

  #mathematics(): string {
    this.#expect('.');
    const name = this.#take('name');
    this.#expect('(');
    const given = this.#arguments().join(', ');
    return name === 'max' || name === 'min' ? `$${name}([${given}])` : `$${name}(${given})`;
  }

  #method(on: string, name: string): string {
    const given = this.#arguments();
    const [first = '', second = '0'] = given;
    switch (name) {
      case 'filter':
      case 'map':
        return `$${name}(${on}, ${first})`;
      case 'some':
        return `($count($filter(${on}, ${first})) > 0)`;
      case 'every':
        return `($count($filter(${on}, ${first})) = $count(${on}))`;
      case 'find':
        return `$filter(${on}, ${first})[0]`;
      case 'includes':
        return `(${first} in ${on})`;
      case 'reduce':
        return `$reduce(${on}, ${first}, ${second})`;
      default:
        throw new Error(`"${this.#source}" calls ${name}, which is not known here.`);
    }
  }

  #arguments(): readonly string[] {
    const given: string[] = [];
    while (!this.#skip(')')) {
      given.push(this.#argument());
      this.#skip(',');
    }
    return given;
  }

  /** A function of some parameters, or a value. */
  #argument(): string {
    const parameters = this.#arrowParameters();
    if (parameters === undefined) return this.expression();
    this.#parameters.push(...parameters);
    const body = this.expression();
    this.#parameters.length -= parameters.length;
    return `function(${parameters.map((name) => `$${name}`).join(', ')}) { ${body} }`;
  }

  #arrowParameters(): readonly string[] | undefined {
    const from = this.#at;
    const names: string[] = [];
    const isList = this.#skip('(');
    while (this.#next().kind === 'name') {
      names.push(this.#take('name'));
      if (!isList || !this.#skip(',')) break;
    }
    if ((!isList || this.#skip(')')) && this.#skip('=>')) return names;
    this.#at = from;
    return undefined;
  }

  #next(): Lexeme {
    return this.#lexemes[this.#at] ?? { kind: 'end', text: '' };
  }

  #take(kind: Lexeme['kind']): string {
    const lexeme = this.#next();
    if (lexeme.kind !== kind) throw this.#unexpected();
    this.#at += 1;
    return lexeme.text;
  }

  #skip(operator: string): boolean {
    const { kind, text } = this.#next();
    if (kind !== 'operator' || text !== operator) return false;
    this.#at += 1;
    return true;
  }

  #expect(operator: string): void {
    if (!this.#skip(operator)) throw this.#unexpected();
  }

  #unexpected(): Error {
    return new Error(`"${this.#source}": "${this.#next().text}" is not understood there.`);
  }
}
