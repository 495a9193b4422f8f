import { isJsonArray, isJsonObject, type Json, type JsonObject } from '../../model/json.ts';
import type { Finding } from './finding.ts';
import { endOf } from './position.ts';

/** In bytes of UTF-8. */
const MAX_SIZE = 1_048_576;

/** How deeply objects and lists may be nested: deeper ones come from no author, and would exhaust the stack. */
const MAX_NESTING = 200;

export type Parsed =
  | { readonly ok: true; readonly value: JsonObject }
  | { readonly ok: false; readonly finding: Finding };

/** Reads a definition's text as JSON. */
export function parseDefinition(text: string): Parsed {
  if (text.trim() === '') return refused('SCHEMA_VALIDATION_FAILED', 'Definition must be a valid JSON object');
  if (text.length > MAX_SIZE || new TextEncoder().encode(text).length > MAX_SIZE) {
    return refused('SCHEMA_VALIDATION_FAILED', `Definition must not be larger than ${MAX_SIZE} bytes`);
  }
  try {
    return checkForm(JSON.parse(text));
  } catch (error) {
    return { ok: false, finding: syntaxFinding(text, error instanceof Error ? error.message : String(error)) };
  }
}

/** Whether a value can be looked into as a definition at all. */
export function checkForm(value: Json): Parsed {
  if (!isJsonObject(value)) return refused('SCHEMA_VALIDATION_FAILED', 'Definition must be a valid JSON object');
  if (nestedTooDeeply(value)) {
    return refused('TOO_DEEPLY_NESTED', `Definition must not be nested more than ${MAX_NESTING} levels deep`);
  }
  return { ok: true, value };
}

function refused(code: Finding['code'], message: string): Parsed {
  return { ok: false, finding: { pointer: '', code, message, severity: 'ERROR' } };
}

/** How the parser says where it stopped; it does not where the text ends too early. */
const place = /\(line (\d+) column (\d+)\)/;

const bareWord = /^(\s*)([A-Za-z_$][\w$]*)/;

/** A text that begins with a bare word is worded as Step Functions does; for the rest the parser's own message has to do. */
function syntaxFinding(text: string, problem: string): Finding {
  const stopped = place.exec(problem);
  const where = stopped === null ? endOf(text) : { line: Number(stopped[1]), column: Number(stopped[2]) };
  const common = { pointer: '', code: 'INVALID_JSON_DESCRIPTION', severity: 'ERROR', ...where } as const;
  const [, space = '', word] = bareWord.exec(text) ?? [];
  if (word === undefined || ['true', 'false', 'null'].includes(word)) return { ...common, message: problem };
  const lines = space.split('\n');
  const start = { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
  const column = start.column + word.length;
  const location = `[Source: (String)"${text}"; line: ${lines.length}, column: ${column}]`;
  const expected = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')";
  return {
    ...common,
    ...start,
    location,
    message: `Unrecognized token '${word}': was expecting ${expected}\n at ${location}`,
  };
}

/** Level by level, since recursion is what is to be avoided. */
function nestedTooDeeply(value: Json): boolean {
  let level: Json[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > MAX_NESTING) return true;
    level = level.flatMap((item) => {
      if (isJsonArray(item)) return item;
      return isJsonObject(item) ? Object.values(item) : [];
    });
  }
  return false;
}
