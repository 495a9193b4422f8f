import { createPublicKey } from 'node:crypto';
import { CommandFailed } from './exit.ts';
import { readText } from './files.ts';

/** A public key in PEM. @throws CommandFailed */
export async function publicKeyIn(file: string): Promise<string> {
  const text = await readText(file);
  try {
    createPublicKey(text);
    return text;
  } catch {
    throw new CommandFailed(
      'Knhk.KeyInvalid',
      `'${file}' is no public key in PEM: 'knhk ledger key' prints the right one.`,
    );
  }
}
