import { z } from 'zod';
import type { Json } from '../../model/json.ts';
import { TestError } from './errors.ts';
import type { Mock, MockAnswer, MockReply, MockRule, MockSequence, Mocks } from './mock.ts';

const json: z.ZodType<Json> = z.json();

const answerSchema = z
  .strictObject({
    Return: json.optional(),
    Throw: z.strictObject({ Error: z.string(), Cause: z.string().optional() }).optional(),
    Never: z.literal(true).optional(),
    TakenAfterSeconds: z.number().min(0).optional(),
    Untaken: z.literal(true).optional(),
    AfterSeconds: z.number().min(0).optional(),
    HeartbeatSeconds: z.number().positive().optional(),
    Submit: json.optional(),
  })
  .refine(
    ({ Return, Throw, Never, Untaken }) =>
      [Return, Throw, Never, Untaken].filter((one) => one !== undefined).length <= 1,
    { message: 'has more than one of Return, Throw, Never and Untaken' },
  );

const INVOCATIONS = /^(?:\*|\d+(?:-\d+)?)$/;

/** Mocks as a file has them, checked. @throws TestError `Knhk.MockInvalid` that names the place. */
export function parseMocks(value: unknown, where: string): Mocks {
  if (!isRecord(value)) throw invalid(where, 'must be an object whose names are states');
  return Object.fromEntries(
    Object.entries(value).map(([state, mock]) => [state, parseMock(mock, `${where}.${state}`)]),
  );
}

/** What code gave as a mock may hold functions; otherwise the same rules. */
export function parseMock(value: unknown, where: string): Mock {
  return Array.isArray(value) ? value.map((rule, at) => parseRule(rule, `${where}[${at}]`)) : parsePlan(value, where);
}

function parseRule(value: unknown, where: string): MockRule {
  if (!isRecord(value)) throw invalid(where, 'must be an object with When and Then');
  const { When, Then, ...rest } = value;
  const [strange] = Object.keys(rest);
  if (strange !== undefined || Then === undefined) {
    throw invalid(
      where,
      strange === undefined ? 'needs a Then' : `has the field '${strange}'; it may have When and Then`,
    );
  }
  const when = json.safeParse(When ?? null);
  if (!when.success) throw invalid(`${where}.When`, 'must be JSON');
  return { ...(When === undefined ? {} : { When: when.data }), Then: parsePlan(Then, `${where}.Then`) };
}

function parsePlan(value: unknown, where: string): MockReply | MockSequence {
  if (!isSequence(value)) return parseReply(value, where);
  return Object.fromEntries(
    Object.entries(value).map(([invocations, reply]) => {
      if (!INVOCATIONS.test(invocations))
        throw invalid(where, `has '${invocations}' beside invocations such as "0" or "1-2"`);
      return [invocations, parseReply(reply, `${where}["${invocations}"]`)];
    }),
  );
}

function parseReply(value: unknown, where: string): MockReply {
  // A function's parameters cannot be checked; that it is one is all there is to know.
  if (typeof value === 'function') return value as MockReply;
  const { success, data, error } = answerSchema.safeParse(value);
  if (!success)
    throw invalid(
      where,
      `is no answer of a task (Return, Throw, Never or Untaken, with TakenAfterSeconds, AfterSeconds, HeartbeatSeconds, Submit). ${z.prettifyError(error)}`,
    );
  return withoutUndefined(data);
}

function withoutUndefined(answer: z.output<typeof answerSchema>): MockAnswer {
  const entries = Object.entries(answer).filter(([, field]) => field !== undefined);
  // The schema is that of MockAnswer, but for fields that are there and undefined.
  return Object.fromEntries(entries) as MockAnswer;
}

/** Whether some key is a range of invocations; a state's answers have other names. */
export function isSequence(value: unknown): value is Readonly<Record<string, unknown>> {
  return isRecord(value) && Object.keys(value).some((key) => INVOCATIONS.test(key));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(where: string, why: string): TestError {
  return new TestError('Knhk.MockInvalid', `${where} ${why}.`);
}
