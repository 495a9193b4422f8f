import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { PipelineStage, PipelineStages } from 'knhk/pipeline';

/**
 * A stage that encrypts fields of payloads (AES-256-GCM): those of the input before an execution starts, those of results
 * after each task. Tasks get clear text; the log, the history and the API have ciphertext.
 *
 * Nonces are random, since a nonce that followed from the text would show which executions have the same one. So the
 * same start has another input each time, and `comparable` is what finds out that it came before.
 */
export interface EncryptionOptions {
  /** JSON pointers into inputs and results, as in `/customer/iban`. Where there is nothing at one, nothing happens. */
  readonly fields: readonly string[];
  /** By id, 32 bytes each. The first encrypts, all decrypt: a new one goes to the front, an old one stays while it is needed. */
  readonly keys: ReadonlyMap<string, Buffer>;
}

type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Of ciphertext: `enc:1:<id of the key>:<nonce, tag and text in base64url>`. */
const SEALED = /^enc:1:([^:]+):([\w-]+)$/;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function encryption({ fields, keys }: EncryptionOptions): PipelineStage {
  const paths = fields.map(pathOf);
  const [current] = keys;
  if (current === undefined) throw new Error('Give the encryption at least one key.');
  const [currentId, currentKey] = current;

  function seal(value: Json): string {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', currentKey, nonce).setAAD(Buffer.from(currentId));
    const text = Buffer.concat([cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
    return `enc:1:${currentId}:${Buffer.concat([nonce, cipher.getAuthTag(), text]).toString('base64url')}`;
  }

  function open(id: string, sealed: string): Json {
    const key = keys.get(id);
    if (key === undefined) throw new Error(`the key '${id}' is not there.`);
    const bytes = Buffer.from(sealed, 'base64url');
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES));
    decipher.setAAD(Buffer.from(id)).setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
    const text = Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]);
    return JSON.parse(text.toString('utf8'));
  }

  /** Wherever it stands: what was sealed in one field may have been moved to another. */
  const unseal = (value: Json): Json =>
    mapTexts(value, (text) => {
      const [, id, sealed] = SEALED.exec(text) ?? [];
      return id === undefined || sealed === undefined ? text : open(id, sealed);
    });
  const sealFields = (value: Json): Json => paths.reduce((whole, path) => changeAt(whole, path, seal), value);

  return {
    name: 'encryption',
    beforeStart: ({ input }) => {
      // Somebody who has seen ciphertext in a history could have it decrypted for a task of his own.
      if (hasSealed(input)) return { refused: 'the input has encrypted text in it.' };
      return { input: sealFields(input) };
    },
    comparable: unseal,
    beforeTask: ({ input }) => ({ input: unseal(input) }),
    afterTask: ({ input }, end) => {
      if (end.kind === 'succeeded') return { kind: 'succeeded', output: sealFields(end.output) };
      // What a failure says may quote what the task was called with.
      return end.cause === undefined || !hasSealed(input) ? end : { ...end, cause: seal(end.cause) };
    },
  };
}

function pathOf(pointer: string): readonly string[] {
  if (!pointer.startsWith('/')) throw new Error(`Give JSON pointers such as /card/number, not '${pointer}'.`);
  const steps = pointer.slice(1).split('/');
  return steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function mapTexts(value: Json, change: (text: string) => Json): Json {
  if (typeof value === 'string') return change(value);
  if (isList(value)) return value.map((item) => mapTexts(item, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, mapTexts(item, change)]));
}

function hasSealed(value: Json): boolean {
  let found = false;
  mapTexts(value, (text) => {
    found ||= SEALED.test(text);
    return text;
  });
  return found;
}

function changeAt(value: Json, [step, ...rest]: readonly string[], change: (value: Json) => Json): Json {
  if (step === undefined) return typeof value === 'string' && SEALED.test(value) ? value : change(value);
  if (isList(value)) return value.map((item, index) => (String(index) === step ? changeAt(item, rest, change) : item));
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.map(([name, item]) => [name, name === step ? changeAt(item, rest, change) : item]));
}

/** `Array.isArray` does not narrow readonly lists. */
function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** As in `2026b:<base64>,2026a:<base64>`. */
function keysIn(text: string): ReadonlyMap<string, Buffer> {
  const keys = text.split(',').map((entry): [string, Buffer] => {
    const [id = '', key = ''] = entry.split(':');
    const bytes = Buffer.from(key, 'base64');
    if (id === '' || bytes.length !== 32)
      throw new Error('Set ENCRYPTION_KEYS to id:key, with 32 bytes in base64 each.');
    return [id, bytes];
  });
  return new Map(keys);
}

const stages: PipelineStages = () => [
  encryption({
    fields: (process.env['ENCRYPTED_FIELDS'] ?? '').split(',').filter((pointer) => pointer !== ''),
    keys: keysIn(process.env['ENCRYPTION_KEYS'] ?? ''),
  }),
];

export default stages;
