/**
 * The one text of a JSON value, whoever writes it: RFC 8785 (JSON Canonicalization Scheme). Names in the order of their
 * UTF-16 code units, numbers as ECMAScript prints them, no white space. Half a surrogate pair, for which the RFC has no
 * text, is escaped as in `"\ud800"`; what is `undefined` is treated as `JSON.stringify` does it.
 */
export function canonicalJson(value: unknown): string {
  if (typeof value === 'number' && Number.isFinite(value)) return `${value}`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const members = new Members();
  for (const name of namesOf(value)) members.add(name, Reflect.get(value, name));
  return members.text;
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
