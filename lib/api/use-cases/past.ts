import { named } from '../../execution/outside-work.ts';
import { type Json, jsonEqual } from '../../model/json.ts';
import type { ActivationId, ExecutionState, ScopeState } from '../../model/state.ts';
import type { Moment, PastState } from '../../state/past.ts';
import { ApiError } from '../errors.ts';
import type { Services } from '../services.ts';
import { loadExecution } from './executions.ts';
import { type OpenWork, openWorkIn } from './open-work.ts';

/** An execution as it was at a moment. */
export interface StateAt extends PastState {
  readonly open: OpenWork;
  readonly variables: readonly Variables[];
  /** What has changed since an earlier moment, if one was named. */
  readonly changes?: Changes;
}

/** Of the top level, or of a branch or item. */
export interface Variables {
  readonly within?: string;
  readonly values: Readonly<Record<string, Json>>;
}

export interface Changes {
  readonly from: Pick<PastState, 'commit' | 'at'> & { readonly event: number };
  /** States that were entered since and are open. */
  readonly entered: readonly Visit[];
  /** States that were open then and are not any more. */
  readonly left: readonly Visit[];
  readonly variables: readonly ChangedVariable[];
}

export interface Visit {
  readonly activation: ActivationId;
  readonly state: string;
  readonly within?: string;
}

export interface ChangedVariable {
  readonly name: string;
  readonly within?: string;
  /** Absent: it was not there. */
  readonly before?: Json;
  /** Absent: it is not there any more. */
  readonly after?: Json;
}

const SYNTAX =
  'the number of an event of its history, as in 12, a commit, as in commit:3, or a time, as in 2026-11-23T10:15:00Z';

/**
 * @param at absent: as it is now. @param from absent: without changes.
 * @throws ApiError `executionNotFound`, `executionErased`, `momentInvalid`
 */
export async function stateAt(
  services: Services,
  execution: string,
  { at, from }: { readonly at?: string | undefined; readonly from?: string | undefined },
): Promise<StateAt> {
  const past = await pastAt(services, execution, at);
  const { plan, state } = past;
  const earlier = from === undefined ? undefined : await pastAt(services, execution, from);
  if (earlier !== undefined && earlier.state.historyLength > state.historyLength) {
    const message = `Give as 'from' a moment before the one of 'at': "${from}" is after it.`;
    throw new ApiError('momentInvalid', from ?? '', message);
  }
  return {
    ...past,
    open: openWorkIn(plan, state),
    variables: [...state.scopes.values()].flatMap((scope) => variablesOf(state, scope)),
    ...(earlier === undefined ? {} : { changes: changesBetween(earlier, past) }),
  };
}

/** @param text names the moment; absent: now. @throws ApiError `executionNotFound`, `executionErased`, `momentInvalid` */
export async function pastAt(services: Services, execution: string, text: string | undefined): Promise<PastState> {
  const { number } = await loadExecution(services, execution);
  const past = await services.states.past.at(execution, text === undefined ? { commit: number } : readMoment(text));
  if (past !== undefined) return past;
  const message = `Give a moment of this execution: "${text}" is before its start, or has not come.`;
  throw new ApiError('momentInvalid', text ?? '', message);
}

/** @throws ApiError `momentInvalid` */
function readMoment(text: string): Moment {
  if (/^\d{1,15}$/.test(text) && Number(text) > 0) return { event: Number(text) };
  const [, commit] = /^commit:(\d{1,15})$/.exec(text) ?? [];
  if (commit !== undefined) return { commit: Number(commit) };
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  if (!Number.isNaN(time)) return { time };
  throw new ApiError('momentInvalid', text, `Name a moment by ${SYNTAX}: "${text}" is none of these.`);
}

function changesBetween({ state: before, commit, at }: PastState, { state: after }: PastState): Changes {
  return {
    from: { commit, at, event: before.historyLength },
    entered: visitsIn(after).filter(({ activation }) => !before.activations.has(activation)),
    left: visitsIn(before).filter(({ activation }) => !after.activations.has(activation)),
    variables: changedVariables(before, after),
  };
}

function visitsIn(state: ExecutionState): readonly Visit[] {
  return [...state.activations.values()].map(({ id, scope, state: name }) => ({
    activation: id,
    ...named(state, scope, name),
  }));
}

function variablesOf(state: ExecutionState, { id, variables }: ScopeState): readonly Variables[] {
  if (Object.keys(variables).length === 0) return [];
  const { within } = named(state, id, '');
  return [{ ...(within === undefined ? {} : { within }), values: variables }];
}

function changedVariables(before: ExecutionState, after: ExecutionState): readonly ChangedVariable[] {
  const ids = new Set([...before.scopes.keys(), ...after.scopes.keys()]);
  return [...ids].flatMap((id) => {
    const [was, is] = [before.scopes.get(id)?.variables ?? {}, after.scopes.get(id)?.variables ?? {}];
    const { within } = named(after.scopes.has(id) ? after : before, id, '');
    return [...new Set([...Object.keys(was), ...Object.keys(is)])].flatMap((name) => {
      const [old, now] = [own(was, name), own(is, name)];
      if (old !== undefined && now !== undefined && jsonEqual(old, now)) return [];
      return [
        {
          name,
          ...(within === undefined ? {} : { within }),
          ...(old === undefined ? {} : { before: old }),
          ...(now === undefined ? {} : { after: now }),
        },
      ];
    });
  });
}

function own(values: Readonly<Record<string, Json>>, name: string): Json | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}
