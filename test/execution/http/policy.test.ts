import { describe, expect, it } from 'vitest';
import { isPublic } from '../../../lib/execution/tasks/http/address.ts';
import { CallRefused, checkUrl, resolveHost } from '../../../lib/execution/tasks/http/policy.ts';

describe('the addresses that HTTP tasks may reach', () => {
  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.1.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:a9fe:a9fe',
    '::7f00:1',
    '64:ff9b::a9fe:a9fe',
    '2002:7f00:1::',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'ff02::1',
    'no address',
  ])('do not include %s', (address) => expect(isPublic(address)).toBe(false));

  it.each(['1.1.1.1', '8.8.8.8', '172.32.0.1', '192.169.0.1', '2606:4700:4700::1111', '::ffff:8.8.8.8'])(
    'include %s',
    (address) => expect(isPublic(address)).toBe(true),
  );
});

const check = (url: string, allow?: readonly string[]) => () =>
  checkUrl(new URL(url), allow === undefined ? {} : { allow });

describe('the hosts that HTTP tasks may call', () => {
  it('are all those with https, unless there is a list', () => {
    expect(check('https://api.example.com/v1')()).toEqual({ isTrusted: false });
    expect(check('http://api.example.com/')).toThrow(/call https only/);
    expect(check('ftp://api.example.com/')).toThrow(/call https only, not ftp:/);
    expect(check('https://me:secret@api.example.com/')).toThrow(/use a connection/);
  });

  it('are those on the list, if there is one', () => {
    const allow = ['api.example.com', '*.partner.com', 'https://other.com:8443'];
    expect(check('https://api.example.com/', allow)()).toEqual({ isTrusted: true });
    expect(check('https://API.example.com/', allow)()).toEqual({ isTrusted: true });
    expect(check('https://eu.partner.com/', allow)()).toEqual({ isTrusted: false });
    expect(check('https://partner.com/', allow)).toThrow(/no pattern of the list/);
    expect(check('https://api.example.com.evil.com/', allow)).toThrow(CallRefused);
    expect(check('https://xapi.example.com/', allow)).toThrow(CallRefused);
    expect(check('https://apixexample.com/', allow)).toThrow(CallRefused);
    expect(check('https://other.com/', allow)).toThrow(CallRefused);
    expect(check('https://other.com:8443/', allow)()).toEqual({ isTrusted: true });
  });

  it('may be called without TLS where the list says so, and only by name', () => {
    expect(check('http://localhost:8080/', ['http://localhost:8080'])()).toEqual({ isTrusted: true });
    expect(check('http://localhost:8081/', ['http://localhost:8080'])).toThrow(/Put 'http:\/\/localhost:8081'/);
    expect(check('http://localhost:8080/', ['localhost:8080'])).toThrow(/call https only/);
    expect(check('http://any.com/', ['http://*'])).toThrow(/call https only/);
    expect(check('http://[::1]:8080/', ['http://[::1]:8080'])()).toEqual({ isTrusted: true });
  });

  it('must have public addresses, unless the list names them', async () => {
    await expect(resolveHost(new URL('https://localhost/'), false)).rejects.toThrow(/is not a public one/);
    await expect(resolveHost(new URL('https://169.254.169.254/'), false)).rejects.toThrow(/169\.254\.169\.254/);
    await expect(resolveHost(new URL('https://[::ffff:169.254.169.254]/'), false)).rejects.toThrow(CallRefused);
    await expect(resolveHost(new URL('https://2130706433/'), false)).rejects.toThrow(/127\.0\.0\.1/);
    await expect(resolveHost(new URL('https://127.0.0.1/'), true)).resolves.toEqual([
      { address: '127.0.0.1', family: 4 },
    ]);
  });
});
