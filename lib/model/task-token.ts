import type { Occasion } from './environment.ts';
import type { ActivationId } from './state.ts';

/** What a task token says to the engine; to everybody else it is opaque. */
export interface TaskTokenClaim {
  /** ARN of the execution. */
  readonly execution: string;
  readonly activation: ActivationId;
  readonly attempt: number;
}

/**
 * A token for one attempt of one task: names it, and carries 128 random bits. The execution's state keeps the token,
 * so only the one that was handed out is ever accepted.
 */
export function createTaskToken(claim: TaskTokenClaim, occasion: Occasion): string {
  const secret = Array.from({ length: 4 }, () => occasion.random32().toString(36)).join('');
  return btoa(encodeURIComponent(`${claim.activation} ${claim.attempt} ${secret} ${claim.execution}`))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

/** `undefined`: not a task token at all. Whether it is *the* token only the execution's state can tell. */
export function readTaskToken(token: string): TaskTokenClaim | undefined {
  let text: string;
  try {
    text = decodeURIComponent(atob(token.replaceAll('-', '+').replaceAll('_', '/')));
  } catch {
    return undefined;
  }
  const parts = /^(\d{1,15}) (\d{1,9}) [0-9a-z]{4,28} (arn:\S+)$/.exec(text);
  const [, activation, attempt, execution] = parts ?? [];
  if (activation === undefined || attempt === undefined || execution === undefined) return undefined;
  return {
    execution,
    activation: Number(activation),
    attempt: Number(attempt),
  };
}
