import type { Ajv2020, ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';
import { mapSchema, schemaPattern } from '../../language/index.ts';
import { isJsonArray, isJsonObject, type Json } from '../../model/json.ts';
import type { Plan } from '../../model/plan.ts';

/** What is wrong with an input. */
export interface InputProblem {
  /** JSON pointer into the input; empty for all of it. */
  readonly pointer: string;
  /** As in `must be string`. */
  readonly message: string;
}

/** Problems that are told at most. */
const MAX_PROBLEMS = 20;
/** Subschemas that are applied to an input at most: a schema that branches at every level would take for ever. */
const MAX_APPLICATIONS = 500_000;
/** Work of all patterns on an input, in units of JSONata's fuel. */
const PATTERN_FUEL = 1_000_000;
/** Stands in every subschema, and counts its applications. */
const COUNTED = 'knhk:counted';

/** Checks inputs by the schemas of workflows; each is compiled when it is first needed. */
export class InputSchemas {
  /** A plan is made once for each revision. */
  readonly #compiled = new WeakMap<Plan, Promise<CompiledSchema>>();

  async problems(plan: Plan, input: Json): Promise<readonly InputProblem[]> {
    let compiled = this.#compiled.get(plan);
    if (compiled === undefined) {
      compiled = compile(plan.inputSchema ?? true);
      this.#compiled.set(plan, compiled);
    }
    return (await compiled).problems(input);
  }
}

/** What one check may cost still. */
class Budget {
  applications = 0;
  readonly fuel = { left: 0 };

  fill(): void {
    this.applications = MAX_APPLICATIONS;
    this.fuel.left = PATTERN_FUEL;
  }

  count(): true {
    this.applications -= 1;
    if (this.applications < 0) throw new Error('The work is used up.');
    return true;
  }
}

class CompiledSchema {
  readonly #validate: ValidateFunction;
  readonly #budget: Budget;

  constructor(validate: ValidateFunction, budget: Budget) {
    this.#validate = validate;
    this.#budget = budget;
  }

  problems(input: Json): readonly InputProblem[] {
    this.#budget.fill();
    try {
      if (this.#validate(input)) return [];
    } catch {
      // The work or the stack is used up: schemas and patterns are checked before, so that nothing else can go wrong.
      return [{ pointer: '', message: 'takes more work to check than an input may' }];
    }
    return (this.#validate.errors ?? []).slice(0, MAX_PROBLEMS).map(problemOf);
  }
}

function problemOf({ instancePath, keyword, message = 'is wrong', params }: ErrorObject): InputProblem {
  // The two that do not name the property that they are about.
  const surplus: unknown = params['additionalProperty'] ?? params['unevaluatedProperty'];
  const which = typeof surplus === 'string' ? `: '${surplus}'` : '';
  const allowed = keyword === 'enum' || keyword === 'const' ? `: ${JSON.stringify(Object.values(params)[0])}` : '';
  return { pointer: instancePath, message: `${message}${which}${allowed}` };
}

/** The compiler is loaded by the first workflow that has a schema. */
async function compile(schema: Json): Promise<CompiledSchema> {
  const { Ajv2020 } = await import('ajv/dist/2020.js');
  const budget = new Budget();
  const regExp = (source: string) => {
    const pattern = schemaPattern(source);
    return { test: (text: string) => pattern.test(text, budget.fuel) };
  };
  const ajv = new Ajv2020({
    strict: false,
    allErrors: true,
    // The check of definitions is stricter, and says where.
    validateSchema: false,
    validateFormats: false,
    logger: false,
    unicodeRegExp: false,
    code: { regExp: Object.assign(regExp, { code: 'schemaPattern' }) },
  });
  ajv.addKeyword({ keyword: COUNTED, before: '$ref', validate: () => budget.count(), errors: false });
  addUniqueItems(ajv);
  const counted = mapSchema(schema, (part) => ({ ...part, [COUNTED]: true }));
  // What the check of definitions let pass is a schema: an object or a boolean.
  return new CompiledSchema(ajv.compile(counted as object | boolean), budget);
}

/** The library's own compares every item with every other. */
function addUniqueItems(ajv: Ajv2020): void {
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    error: { message: 'must NOT have duplicate items' },
    validate: (isUnique: boolean, items: readonly Json[]) =>
      !isUnique || new Set(items.map((item) => JSON.stringify(ordered(item)))).size === items.length,
  });
}

/** The value with the names of its objects in order: equal values have equal texts. */
function ordered(value: Json): Json {
  if (isJsonArray(value)) return value.map(ordered);
  if (!isJsonObject(value)) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, ordered(value[name] ?? null)]));
}
