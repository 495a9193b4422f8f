/** Base 64 of the low bytes of a text's UTF-16 units, as the reference implementation has it. */
export function encodeBase64(text: string): string {
  return btoa(text.replace(/[^\0-\xff]/g, (char) => String.fromCharCode(char.charCodeAt(0) & 0xff)));
}

/** Bytes of a base 64 text as characters; takes the URL-safe alphabet too and skips what belongs to neither. */
export function decodeBase64(text: string): string {
  const padding = text.indexOf('=');
  const body = (padding < 0 ? text : text.slice(0, padding))
    .replaceAll('-', '+')
    .replaceAll('_', '/')
    .replace(/[^A-Za-z0-9+/]/g, '');
  return atob(body.length % 4 === 1 ? body.slice(0, -1) : body);
}
