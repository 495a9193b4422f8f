/**
 * The one text of a JSON value, whoever writes it: RFC 8785 (JSON Canonicalization Scheme). Names in the order of their
 * UTF-16 code units, numbers as ECMAScript prints them, no white space. Half a surrogate pair, for which the RFC has no
 * text, is escaped as in `"\ud800"`; what is `undefined` is treated as `JSON.stringify` does it.
 */
export function canonicalJson(value: unknown): string {
  if (isInOrder(value)) return JSON.stringify(value) ?? 'null';
  const text = new LongText();
  write(value, text);
  return text.end();
}

/** Whether `JSON.stringify` gives its canonical text. */
function isInOrder(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isInOrder);
  let before: string | undefined;
  for (const name of Object.keys(value)) {
    if (before !== undefined && before > name) return false;
    if (!isInOrder(Reflect.get(value, name))) return false;
    before = name;
  }
  return true;
}

function write(value: unknown, text: LongText): void {
  if (typeof value !== 'object' || value === null) return text.add(JSON.stringify(value) ?? 'null');
  let separator = '';
  if (Array.isArray(value)) {
    text.add('[');
    for (const item of value) {
      text.add(separator);
      write(item, text);
      separator = ',';
    }
    return text.add(']');
  }
  text.add('{');
  for (const name of namesOf(value)) {
    const member: unknown = Reflect.get(value, name);
    if (member === undefined) continue;
    text.add(`${separator}${JSON.stringify(name)}:`);
    write(member, text);
    separator = ',';
  }
  text.add('}');
}

/** A text in the making, which needs little more room than its characters, of however many pieces it is made. */
class LongText {
  readonly #parts: string[] = [];
  #pieces: string[] = [];

  add(piece: string): void {
    if (this.#pieces.push(piece) < 1_000) return;
    this.#parts.push(this.#pieces.join(''));
    this.#pieces = [];
  }

  end(): string {
    return this.#parts.join('') + this.#pieces.join('');
  }
}

/** The properties of an object in their canonical order. */
export function namesOf(object: object): readonly string[] {
  const names = Object.keys(object);
  return names.length > 1 ? names.sort() : names;
}

/** Text of an object, of properties that come in their order. */
export class Members {
  #text = '';

  add(name: string, value: unknown): void {
    if (value === undefined) return;
    this.#text += `${this.#text === '' ? '' : ','}${JSON.stringify(name)}:${canonicalJson(value)}`;
  }

  get text(): string {
    return `{${this.#text}}`;
  }
}
