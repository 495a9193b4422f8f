import type { Json } from '../../lib/model/json.ts';

/** An acceptance test of an example: examples/patterns/README.md says what the fields mean. */
export interface Scenario {
  readonly pattern: string;
  readonly definition: string;
  readonly workflows?: Readonly<Record<string, string>>;
  readonly runs: readonly Run[];
}

export interface Run {
  readonly note: string;
  readonly input?: Json;
  readonly steps: readonly Step[];
  readonly completed: Readonly<Record<string, number>>;
  readonly discarded?: number;
}

export interface Step {
  readonly do: 'start' | 'begin' | 'complete' | 'fail' | 'return' | 'event' | 'add' | 'stop';
  readonly state?: string;
  readonly item?: number;
  readonly child?: string;
  readonly output?: Json;
  readonly event?: string;
  readonly payload?: Json;
  readonly items?: readonly Json[];
  readonly refused?: boolean;
  readonly open?: readonly string[];
  readonly waiting?: readonly string[];
  readonly status?: string;
  readonly error?: string;
}

/** A run as a table: what is done, and what can be done then. */
export function tableOf({ steps, input }: Run): string {
  const rows = steps.map((step, index) => {
    const done = `${commandOf(step, input)}${step.refused === true ? ': **refused**' : ''}`;
    return `| ${index + 1} | ${done} | ${openOf(step)} | ${statusOf(step)} |`;
  });
  return ['| | what is done | open then | execution |', '|---|---|---|---|', ...rows].join('\n');
}

function commandOf(step: Step, input: Json | undefined): string {
  const subject = `\`${nameOf(step)}\``;
  const given = (value: Json | undefined) => (value === undefined ? '' : ` with \`${JSON.stringify(value)}\``);
  switch (step.do) {
    case 'start':
      return `start the execution${given(input)}`;
    case 'event':
      return `send the event \`${step.event}\`${given(step.payload)}`;
    case 'add':
      return `add \`${JSON.stringify(step.items)}\` to ${subject}`;
    case 'stop':
      return 'stop the execution';
    case 'begin':
    case 'complete':
    case 'fail':
    case 'return':
      return `${step.do} ${subject}${given(step.output)}`;
  }
}

function nameOf({ child, state = '', item }: Step): string {
  return `${child === undefined ? '' : `${child}/`}${state}${item === undefined ? '' : `#${item}`}`;
}

function openOf({ open, waiting = [] }: Step): string {
  if (open === undefined) return '';
  const waits = waiting.map((name) => `\`${name}\` waits for its event`);
  const names = [...open.map((name) => `\`${name}\``), ...waits];
  return names.length === 0 ? 'nothing' : names.join(', ');
}

function statusOf({ status, error }: Step): string {
  return [status, error].flatMap((text) => (text === undefined ? [] : [`\`${text}\``])).join(' ');
}
