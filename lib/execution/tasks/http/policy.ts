import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { isPublic } from './address.ts';

/** Which hosts HTTP tasks may call. */
export interface HttpPolicy {
  /**
   * Patterns of `host` or `host:port`, with `http://` before it where TLS is not needed; `*` in a host stands for any
   * characters, as in `*.example.com`. Present and not empty: nothing else may be called. A pattern without `*` vouches
   * for its host: that may have a private address. Absent: whatever has https and a public address.
   */
  readonly allow?: readonly string[];
}

/** The engine's configuration forbids the call: the message names the rule. */
export class CallRefused extends Error {
  override readonly name = 'CallRefused';
  readonly code = 'Knhk.HttpCallRefused';
}

/** `isTrusted`: the configuration names the host itself, whatever address it has. @throws CallRefused */
export function checkUrl(url: URL, { allow = [] }: HttpPolicy): { readonly isTrusted: boolean } {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new CallRefused(`HTTP tasks call https only, not ${url.protocol}//.`);
  }
  if (url.username !== '' || url.password !== '') {
    throw new CallRefused('An ApiEndpoint may hold no user name and password: use a connection.');
  }
  const matching = allow.filter((pattern) => matches(pattern, url));
  const isTrusted = matching.some((pattern) => !pattern.includes('*'));
  if (url.protocol === 'http:' && !isTrusted) {
    throw new CallRefused(
      `HTTP tasks call https only. Put 'http://${url.host}' on the list of allowed hosts to call it without TLS.`,
    );
  }
  if (allow.length > 0 && matching.length === 0) {
    throw new CallRefused(`HTTP tasks may not call ${url.host}: no pattern of the list of allowed hosts matches it.`);
  }
  return { isTrusted };
}

/**
 * The addresses of the host, each of them allowed; the connection has to go to one of these, so that a name that changes
 * its address meanwhile gains nothing. @throws CallRefused
 */
export async function resolveHost(url: URL, isTrusted: boolean): Promise<readonly LookupAddress[]> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const family = isIP(host);
  const addresses = family === 0 ? await lookup(host, { all: true }) : [{ address: host, family }];
  const inner = isTrusted ? undefined : addresses.find(({ address }) => !isPublic(address));
  if (inner !== undefined) {
    throw new CallRefused(
      `HTTP tasks may not call ${url.host}: its address ${inner.address} is not a public one. Put '${url.host}' on the list of allowed hosts if it is meant.`,
    );
  }
  return addresses;
}

function matches(pattern: string, url: URL): boolean {
  const [, scheme, host = '', port] =
    /^(?:(https?):\/\/)?(\[[^\]]*\]|[^:/]+)(?::(\d+))?\/?$/.exec(pattern.trim()) ?? [];
  if (host === '' || `${scheme ?? 'https'}:` !== url.protocol) return false;
  const ownPort = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  if (port !== undefined && port !== ownPort) return false;
  return wildcard(host.toLowerCase()).test(url.hostname.toLowerCase());
}

function wildcard(pattern: string): RegExp {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}
