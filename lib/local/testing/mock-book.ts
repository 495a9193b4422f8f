import type { Json } from '../../model/json.ts';
import { differences } from './difference.ts';
import { TestError } from './errors.ts';
import type { Mock, MockReply, MockSequence, Mocks } from './mock.ts';
import { isSequence, parseMock } from './mock-schema.ts';

/** Finds the reply to each call, and counts the calls. */
export class MockBook {
  readonly #mocks = new Map<string, Mock>();
  readonly #counts = new Map<string, number>();

  /** @throws TestError `Knhk.MockInvalid` */
  constructor(mocks: Mocks) {
    for (const [state, mock] of Object.entries(mocks)) this.#mocks.set(state, parseMock(mock, `mocks.${state}`));
  }

  /** @param states as `workflow/state`. @throws TestError `Knhk.MockInvalid` if a mock is for none of them. */
  verify(states: readonly string[]): void {
    const known = new Set(states.flatMap((state) => [state, state.slice(state.indexOf('/') + 1)]));
    const stranger = [...this.#mocks.keys()].find((name) => !known.has(name));
    if (stranger === undefined) return;
    const message = `mocks.${stranger} is for no state of the definition, which has ${states.map((state) => `'${state}'`).join(', ')}.`;
    throw new TestError('Knhk.MockInvalid', message);
  }

  /** How many calls of the state there were before this one, which counts from now on. */
  count(workflow: string, state: string): number {
    return this.#next(`${workflow}/${state}`);
  }

  /** `undefined`: the state has no mock. @throws TestError `Knhk.NoMock` if it has one, but not for this call. */
  reply(workflow: string, state: string, input: Json): MockReply | undefined {
    const key = this.#mocks.has(`${workflow}/${state}`) ? `${workflow}/${state}` : state;
    const mock = this.#mocks.get(key);
    if (mock === undefined) return undefined;
    if (!isRules(mock)) return this.#inTurn(mock, key, state);
    const at = mock.findIndex(
      ({ When }) => When === undefined || differences('', When, input, 'contains').length === 0,
    );
    const rule = mock[at];
    if (rule !== undefined) return this.#inTurn(rule.Then, `${key}[${at}]`, state);
    throw new TestError(
      'Knhk.NoMock',
      `No rule of the mock of state '${state}' fits its input ${JSON.stringify(input)}. Add a rule to mocks.${key}, or one without When.`,
    );
  }

  #inTurn(plan: MockReply | MockSequence, key: string, state: string): MockReply {
    const invocation = this.#next(`mock ${key}`);
    if (typeof plan === 'function' || !isPlanOfReplies(plan)) return plan;
    const [, found] = Object.entries(plan).find(([range]) => covers(range, invocation)) ?? [];
    const reply = found ?? plan['*'];
    if (reply !== undefined) return reply;
    throw new TestError(
      'Knhk.NoMock',
      `The mock of state '${state}' has no answer to its call number ${invocation} (the first is number 0). Add "${invocation}" or "*" to mocks.${key}.`,
    );
  }

  #next(key: string): number {
    const count = this.#counts.get(key) ?? 0;
    this.#counts.set(key, count + 1);
    return count;
  }
}

function isRules(mock: Mock): mock is Extract<Mock, readonly unknown[]> {
  return Array.isArray(mock);
}

function isPlanOfReplies(plan: MockReply | MockSequence): plan is MockSequence {
  return isSequence(plan);
}

function covers(range: string, invocation: number): boolean {
  if (range === '*') return false;
  const [first = '', last = first] = range.split('-');
  return Number(first) <= invocation && invocation <= Number(last);
}
