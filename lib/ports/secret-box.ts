/** Encrypts small secrets at rest; what is sealed is text, and can be stored anywhere. */
export interface SecretBox {
  /** @param purpose what the secret is for; opening needs the same, so that sealed texts cannot be swapped. */
  seal(secret: string, purpose: string): Promise<string>;
  /** @throws SecretNotOpened if it was sealed with another key or for another purpose, or has been changed. */
  open(sealed: string, purpose: string): Promise<string>;
}

export class SecretNotOpened extends Error {
  override readonly name = 'SecretNotOpened';
  readonly code = 'Knhk.SecretNotOpened';
}
