/**
 * Names under which this machine reaches itself. AWS's clients put `sync-` before the host for some actions; nobody else
 * can give a meaning to that name, and where `hosts` does, they need no further setting.
 */
const OWN_NAMES: ReadonlySet<string> = new Set(['localhost', 'sync-localhost', '127.0.0.1', '[::1]']);

/**
 * Without authentication, being on this machine is what lets a caller in; and a web page that a browser on this machine
 * shows is not. Such requests give themselves away: by an `Origin` from elsewhere, or, where a name of the page's own
 * was made to point here, by the `Host`.
 * @param corsOrigins those that may call all the same.
 * @returns why the request is refused, or `undefined`.
 */
export function foreignCaller(headers: Headers, corsOrigins: readonly string[] = []): string | undefined {
  const host = headers.get('host');
  if (host !== null && !OWN_NAMES.has(nameIn(`http://${host}`))) {
    return `This engine answers on localhost only, not as '${host}'. Call http://localhost and its port.`;
  }
  const origin = headers.get('origin');
  if (origin !== null && !OWN_NAMES.has(nameIn(origin)) && !corsOrigins.includes(origin)) {
    return `Pages of ${origin} may not call this engine. Call it from a page on localhost, or from a program.`;
  }
  return undefined;
}

function nameIn(url: string): string {
  return URL.canParse(url) ? new URL(url).hostname : '';
}
