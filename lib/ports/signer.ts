/** Signs on behalf of the engine. What it signs can be verified by anybody who has the public key. */
export interface Signer {
  /** Of the text as UTF-8. */
  sign(text: string): Promise<Signature>;
  /** SPKI, as PEM. */
  publicKey(): Promise<string>;
}

export interface Signature {
  readonly algorithm: 'Ed25519' | 'ECDSA-P256-SHA256';
  /** base64url; of ECDSA in DER. */
  readonly value: string;
}
