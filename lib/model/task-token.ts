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
 * so only the one that was handed out is ever accepted. The length of the ARN tells a token that has been cut off.
 */
export function createTaskToken({ activation, attempt, execution }: TaskTokenClaim, occasion: Occasion): string {
  const secret = Array.from({ length: 4 }, () => occasion.random32().toString(36)).join('');
  return btoa(encodeURIComponent(`${activation} ${attempt} ${secret} ${execution.length} ${execution}`))
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
  // Tokens of earlier versions say nothing of the length.
  const parts = /^(\d{1,15}) (\d{1,9}) [0-9a-z]{4,28} (?:(\d{1,4}) )?(arn:\S+)$/.exec(text);
  const [, activation, attempt, length, execution] = parts ?? [];
  if (activation === undefined || attempt === undefined || execution === undefined) return undefined;
  if (length !== undefined && execution.length !== Number(length)) return undefined;
  return {
    execution,
    activation: Number(activation),
    attempt: Number(attempt),
  };
}
