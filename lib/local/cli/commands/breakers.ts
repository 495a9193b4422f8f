import type { Breaker, BreakerPolicy, NewBreakerPolicy } from '../client.ts';
import { CommandFailed, EXIT, type ExitCode } from '../exit.ts';
import { columns, moment } from '../format.ts';
import { type SessionFlags, withClient } from '../session.ts';
import type { Terminal } from '../terminal.ts';

export interface PolicyFlags extends SessionFlags {
  readonly failureRatio: string;
  readonly minimumCalls: string;
  readonly window: string;
  readonly slow?: string;
  readonly slowRatio: string;
  readonly open: string;
  readonly probes: string;
  readonly probeSeconds: string;
  readonly successes: string;
  readonly park?: boolean;
  readonly ignore?: readonly string[];
  readonly off?: boolean;
}

const LIST_LIMIT = 1_000;

export async function breakersList(terminal: Terminal, flags: SessionFlags): Promise<ExitCode> {
  const breakers = await withClient(flags, async ({ client }) => {
    const all: Breaker[] = [];
    let after: string | undefined;
    do {
      const page = await client.breakers(LIST_LIMIT, after);
      all.push(...page.items);
      after = page.next;
    } while (after !== undefined);
    return all;
  });
  if (terminal.json) terminal.out.line(JSON.stringify(breakers, undefined, 2));
  else if (breakers.length === 0) terminal.err.line('There are none.');
  else {
    const rows = breakers.map((breaker) => [breaker.target, stateOf(breaker), breaker.transitions[0]?.why ?? '']);
    for (const cells of columns(rows)) terminal.out.line(cells.join('  ').trimEnd());
  }
  return EXIT.ok;
}

export async function breakersShow(terminal: Terminal, target: string, flags: SessionFlags): Promise<ExitCode> {
  show(terminal, await withClient(flags, ({ client }) => client.breaker(target)));
  return EXIT.ok;
}

export async function breakersOrder(
  terminal: Terminal,
  order: 'open' | 'close' | 'reset',
  target: string,
  flags: SessionFlags,
): Promise<ExitCode> {
  show(terminal, await withClient(flags, ({ client }) => client.orderBreaker(order, target)));
  return EXIT.ok;
}

export async function breakersSet(terminal: Terminal, target: string, flags: PolicyFlags): Promise<ExitCode> {
  const policy = await withClient(flags, ({ client }) => client.setBreakerPolicy(target, policyOf(flags)));
  if (terminal.json) terminal.out.line(JSON.stringify(policy, undefined, 2));
  else terminal.out.line(`${target}: ${wordsOf(policy)}`);
  return EXIT.ok;
}

export async function breakersUnset(terminal: Terminal, target: string, flags: SessionFlags): Promise<ExitCode> {
  await withClient(flags, ({ client }) => client.unsetBreakerPolicy(target));
  if (terminal.json) terminal.out.line(JSON.stringify({ unset: target }));
  else terminal.out.line(`${target} has no policy of its own any more.`);
  return EXIT.ok;
}

function policyOf(flags: PolicyFlags): NewBreakerPolicy {
  return {
    enabled: flags.off !== true,
    failureRatio: number('--failure-ratio', flags.failureRatio),
    minimumCalls: number('--minimum-calls', flags.minimumCalls),
    windowSeconds: number('--window', flags.window),
    ...(flags.slow === undefined ? {} : { slowCallSeconds: number('--slow', flags.slow) }),
    slowRatio: number('--slow-ratio', flags.slowRatio),
    openSeconds: number('--open', flags.open),
    probes: number('--probes', flags.probes),
    probeSeconds: number('--probe-seconds', flags.probeSeconds),
    successesToClose: number('--successes', flags.successes),
    whenOpen: flags.park === true ? 'park' : 'fail',
    ignoreErrors: [...(flags.ignore ?? [])],
  };
}

function number(flag: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value)) return value;
  throw new CommandFailed('Knhk.BadOption', `${flag} is a number, and '${text}' is none.`);
}

function show(terminal: Terminal, breaker: Breaker): void {
  if (terminal.json) return terminal.out.line(JSON.stringify(breaker, undefined, 2));
  const { target, state, calls, failures, slow, policy, transitions } = breaker;
  terminal.out.line(`${target}: ${stateOf(breaker)}`);
  terminal.out.line(`policy: ${policy === undefined ? withoutPolicy(breaker) : wordsOf(policy)}`);
  if (state === 'closed' && policy !== undefined) {
    terminal.out.line(`within ${policy.windowSeconds} s: ${calls} calls, ${failures} failed, ${slow} slow`);
  }
  if (state === 'halfOpen') {
    terminal.out.line(`trying: ${breaker.probesUnderWay} under way, ${breaker.successes} succeeded`);
  }
  for (const { at, to, why } of transitions) terminal.out.line(`${moment(Date.parse(at))}  ${NAMES[to]}  ${why}`);
}

const NAMES = { closed: 'closed', halfOpen: 'half open', open: 'open' } as const;

function stateOf({ state, until, held, policy }: Breaker): string {
  const end = until === undefined ? '' : ` until ${moment(Date.parse(until))}`;
  const inVain = state !== 'closed' && !isWatched(policy) ? ', but called all the same, without a policy' : '';
  return `${NAMES[state]}${held ? ', held' : ''}${end}${inVain}`;
}

function withoutPolicy({ target, state }: Breaker): string {
  if (state === 'closed') return 'none, its calls are not watched';
  return `none, so that it is called all the same; give it one with: knhk breakers set ${target}`;
}

/** Breakers stop nothing where no policy is in force. */
function isWatched(policy: BreakerPolicy | undefined): boolean {
  return policy?.enabled === true;
}

function wordsOf(policy: BreakerPolicy): string {
  if (!policy.enabled) return 'off';
  const { failureRatio, slowCallSeconds, slowRatio, minimumCalls, windowSeconds, openSeconds, whenOpen } = policy;
  const slow = slowCallSeconds === undefined ? '' : `, or ${percent(slowRatio)} take longer than ${slowCallSeconds} s`;
  const then = whenOpen === 'park' ? 'tasks wait' : 'tasks fail';
  return `opens for ${openSeconds} s when ${percent(failureRatio)} of at least ${minimumCalls} calls within ${windowSeconds} s fail${slow}; then ${then}`;
}

function percent(part: number): string {
  return `${Math.round(part * 1000) / 10} %`;
}
