/** Base64 of the UTF-8 form of a text. */
export function encodeBase64(text: string): string {
  let binary = '';
  for (const byte of new TextEncoder().encode(text)) binary += String.fromCharCode(byte);
  return btoa(binary);
}

/**
 * Decodes as leniently as Step Functions does: everything after the first `=` and all characters outside both
 * alphabets are passed over, padding may be missing, and a rest of less than a byte is dropped.
 */
export function decodeBase64(encoded: string): string {
  const [body = ''] = encoded.split('=');
  const standard = body
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .replace(/[^A-Za-z0-9+/]/g, '');
  const whole = standard.length % 4 === 1 ? standard.slice(0, -1) : standard;
  const binary = atob(whole);
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
}
