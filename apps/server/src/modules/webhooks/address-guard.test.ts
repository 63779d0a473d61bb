import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createAddressGuard, literalOf, notPublic } from './address-guard.ts';

const guard = createAddressGuard({ allowedNetworks: [], allowHttp: false });
const faultOfHost = (host: string) => guard.faultOf(`https://${host}/hook`);
const dotted = (octets: readonly number[]) => octets.join('.');
const hex = (octets: readonly number[]) =>
  [0, 2].map((at) => (((octets[at] ?? 0) << 8) | (octets[at + 1] ?? 0)).toString(16)).join(':');
const octets = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 });

describe('an address that is not public unicast is refused, to its first and last one', () => {
  it.each([
    ['this network', '0.0.0.0', '0.255.255.255'],
    ['private, 10/8', '10.0.0.0', '10.255.255.255'],
    ['shared by carriers, 100.64/10', '100.64.0.0', '100.127.255.255'],
    ['loopback', '127.0.0.0', '127.255.255.255'],
    ['link-local, where clouds keep credentials', '169.254.0.0', '169.254.255.255'],
    ['private, 172.16/12', '172.16.0.0', '172.31.255.255'],
    ['protocol assignments', '192.0.0.0', '192.0.0.255'],
    ['documentation, 192.0.2/24', '192.0.2.0', '192.0.2.255'],
    ['the relays of 6to4', '192.88.99.0', '192.88.99.255'],
    ['private, 192.168/16', '192.168.0.0', '192.168.255.255'],
    ['benchmarks, 198.18/15', '198.18.0.0', '198.19.255.255'],
    ['documentation, 198.51.100/24', '198.51.100.0', '198.51.100.255'],
    ['documentation, 203.0.113/24', '203.0.113.0', '203.0.113.255'],
    ['multicast', '224.0.0.0', '239.255.255.255'],
    ['kept for later, and broadcast', '240.0.0.0', '255.255.255.255'],
    ['unspecified and loopback', '::', '::1'],
    ['IPv4-compatible', '::2', '::ffff:ffff'],
    ['IPv4-compatible loopback', '::7f00:1', '::127.0.0.1'],
    ['IPv4-compatible, of a public address too', '::8.8.8.8', '::808:808'],
    ['the same, written in other ways', '0:0:0:0:0:0:8.8.8.8', '0::8.8.8.8'],
    ['IPv4-translated', '::ffff:0:0:0', '::ffff:0:808:808'],
    ['NAT64 for local use', '64:ff9b:1::', '64:ff9b:1:ffff:ffff:ffff:ffff:ffff'],
    ['discarded', '100::', '100::ffff:ffff:ffff:ffff'],
    ['handed out to nobody, below 2000::/3', '1000::', '1fff:ffff::'],
    ['Teredo', '2001::', '2001:0:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['benchmarks', '2001:2::', '2001:2:0:ffff:ffff:ffff:ffff:ffff'],
    ['ORCHID', '2001:10::', '2001:1f:ffff::'],
    ['ORCHIDv2', '2001:20::', '2001:2f:ffff::'],
    ['documentation, 2001:db8::/32', '2001:db8::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['documentation, 3fff::/20', '3fff::', '3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['handed out to nobody, above 2000::/3', '4000::', 'efff:ffff::'],
    ['segment routing', '5f00::', '5f00:ffff::'],
    ['unique local', 'fc00::', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['link-local', 'fe80::', 'febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['link-local, with its zone', 'fe80::1%eth0', 'fe80::1%1'],
    ['site-local', 'fec0::', 'feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
    ['multicast', 'ff00::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'],
  ])('%s', (_range, first, last) => {
    expect([first, last].map(guard.isAllowed)).toEqual([false, false]);
  });

  it.each([
    ...['1.0.0.0', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255'],
    ...['128.0.0.0', '169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0', '192.0.1.0'],
    ...['192.167.255.255', '192.169.0.0', '198.17.255.255', '198.20.0.0', '203.0.114.0', '223.255.255.255'],
    ...[
      '2000::',
      '2606:4700:4700::1111',
      '2a00:1450:4001::1',
      '2001:200::',
      '2001:db7:ffff::',
      '3ffe:ffff::',
    ],
  ])('and %s, which borders on one or is anybody’s, is not', (address) => {
    expect(guard.isAllowed(address)).toBe(true);
  });

  it.each(['', 'localhost', 'example.com', '127.0.0.1:80', '[::1]', '1.2.3.4/8', '::g'])(
    'what is no address is refused: "%s"',
    (text) => expect(guard.isAllowed(text)).toBe(false),
  );

  it.each(['2130706433', '0x7f000001', '0177.0.0.1', '127.1'])(
    'a resolver that spells loopback as %s is understood',
    (text) => expect(guard.isAllowed(text)).toBe(false),
  );
});

describe('an IPv4 address inside an IPv6 one counts as what it is', () => {
  it.each([
    ['mapped, loopback', '::ffff:7f00:1', false],
    ['mapped, loopback in dots', '::ffff:127.0.0.1', false],
    ['mapped, metadata', '::ffff:169.254.169.254', false],
    ['mapped, public', '::ffff:808:808', true],
    ['NAT64, loopback', '64:ff9b::7f00:1', false],
    ['NAT64, private', '64:ff9b::10.1.2.3', false],
    ['NAT64, public', '64:ff9b::808:808', true],
    ['6to4, loopback', '2002:7f00:1::', false],
    ['6to4, private', '2002:a01:203::1', false],
    ['6to4, public', '2002:808:808::', true],
  ])('%s', (_case, address, allowed) => {
    expect(guard.isAllowed(address)).toBe(allowed);
  });

  it('whichever it is, and however it is wrapped', () => {
    fc.assert(
      fc.property(octets, (address) => {
        const bare = guard.isAllowed(dotted(address));
        const wrapped = [
          `::ffff:${dotted(address)}`,
          `::ffff:${hex(address)}`,
          `64:ff9b::${hex(address)}`,
          `2002:${hex(address)}::1`,
        ];
        expect(wrapped.map(guard.isAllowed)).toEqual(wrapped.map(() => bare));
      }),
    );
  });
});

describe('a URL with an inner address is refused in every spelling', () => {
  it.each([
    ...['127.0.0.1', '2130706433', '0x7f000001', '0x7F.1', '127.1', '127.0.1', '0177.0.0.1', '017700000001'],
    ...[
      '127.0.0.1.',
      '0',
      '0.0.0.0',
      '169.254.169.254',
      '0xa9fea9fe',
      '2852039166',
      '10.1.2.3',
      '192.168.1.1',
    ],
    ...['255.255.255.255', '[::1]', '[::]', '[::ffff:7f00:1]', '[::ffff:127.0.0.1]', '[0:0:0:0:0:0:0:1]'],
    ...[
      '[::7f00:1]',
      '[64:ff9b::7f00:1]',
      '[64:ff9b:1::808:808]',
      '[2002:7f00:1::]',
      '[fd00::1]',
      '[fe80::1]',
    ],
    ...['127.0.0.1:8443', '[::1]:8443', '１２７.０.０.１', '127。0。0。1', '①②⑦.⓪.⓪.①', '%31%32%37.0.0.1'],
  ])('%s', (host) => {
    expect(faultOfHost(host)).toBe(notPublic);
  });

  it('whatever the number system and however few its parts', () => {
    const inner = fc
      .tuple(fc.constantFrom(10, 127, 0), octets)
      .map(([first, rest]) => [first, ...rest.slice(1)]);
    const spell = (value: number, base: number) =>
      base === 16 ? `0x${value.toString(16)}` : `${base === 8 ? '0' : ''}${value.toString(base)}`;
    fc.assert(
      fc.property(
        inner,
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(8, 10, 16),
        (address, parts, base) => {
          const head = address.slice(0, parts - 1);
          const tail = address.slice(parts - 1).reduce((sum, octet) => sum * 256 + octet, 0);
          expect(faultOfHost([...head, tail].map((part) => spell(part, base)).join('.'))).toBe(notPublic);
        },
      ),
    );
  });
});

describe('a URL is refused for its form', () => {
  it.each([
    ...[
      '',
      'hook',
      '/hook',
      '//example.com',
      'https://',
      'https://exa mple.com',
      'https://1.2.3.4.5',
      'https://256.1.1.1',
    ],
    ...[
      'https://[::1',
      'https://[::1%25eth0]',
      'https://[127.0.0.1]',
      'https://example.com:70000',
      'https://0x100000000',
    ],
  ])('no URL: "%s"', (url) => {
    expect(guard.faultOf(url)).toBe('must be a URL');
  });

  it.each([
    ...['http://example.com', 'HTTP://example.com', 'ftp://example.com', 'file:///etc/passwd', 'data:,x'],
    ...['javascript:1', 'ws://example.com', 'gopher://example.com', 'httpss://example.com'],
  ])('not https: %s', (url) => {
    expect(guard.faultOf(url)).toBe('must begin with https://');
  });

  it.each([
    ...['https://user@example.com', 'https://user:word@example.com', 'https://:word@example.com'],
    ...['https://example.com@127.0.0.1', 'https://127.0.0.1@example.com', 'https://%00@example.com'],
  ])('credentials: %s', (url) => {
    expect(guard.faultOf(url)).toBe('must not hold a user name or password');
  });
});

describe('a URL is taken', () => {
  it.each([
    ...[
      'https://example.com',
      'HTTPS://EXAMPLE.COM/hook',
      'https://example.com:8443/a?b=c#d',
      'https://example.com./',
    ],
    ...[
      'https://münchen.example',
      'https://8.8.8.8',
      'https://134744072',
      'https://[2606:4700:4700::1111]:8443/',
    ],
    ...['https://[64:ff9b::808:808]', 'https://[2002:808:808::]', 'https://127.0.0.1.example.com'],
  ])('%s', (url) => {
    expect(guard.faultOf(url)).toBeNull();
  });

  // Where a name leads is asked when it is saved and at every connection; nobody can tell by looking at it.
  it.each(['https://localhost', 'https://metadata.internal', 'https://intranet.'])('of a name: %s', (url) => {
    expect(guard.faultOf(url)).toBeNull();
  });
});

describe('what is configured', () => {
  it('opens http, and nothing else with it', () => {
    const open = createAddressGuard({ allowedNetworks: [], allowHttp: true });
    expect(open.faultOf('http://example.com')).toBeNull();
    expect(open.faultOf('https://example.com')).toBeNull();
    expect(open.faultOf('ftp://example.com')).toBe('must begin with https://');
    expect(open.faultOf('http://user@example.com')).toBe('must not hold a user name or password');
    expect(open.faultOf('http://127.0.0.1')).toBe(notPublic);
  });

  it('opens the networks that are named, of both kinds, and no others', () => {
    const open = createAddressGuard({
      allowedNetworks: ['10.1.0.0/16', '127.0.0.1/32', 'fd12::/16', '::1/128'],
      allowHttp: false,
    });
    const allowed = ['10.1.0.0', '10.1.255.255', '127.0.0.1', 'fd12:ffff::1', '::1', '::ffff:10.1.2.3'];
    const refused = [
      '10.0.255.255',
      '10.2.0.0',
      '127.0.0.2',
      'fd13::',
      '::2',
      '::ffff:10.2.0.0',
      '169.254.169.254',
    ];
    expect(allowed.map(open.isAllowed)).toEqual(allowed.map(() => true));
    expect(refused.map(open.isAllowed)).toEqual(refused.map(() => false));
    expect(open.faultOf('https://10.1.2.3')).toBeNull();
    expect(open.faultOf('https://2130706433')).toBeNull();
    expect(open.faultOf('https://[fd12::1]')).toBeNull();
    expect(open.isAllowed('8.8.8.8')).toBe(true);
  });

  it('all of IPv6 opens no IPv4 address inside it', () => {
    const open = createAddressGuard({ allowedNetworks: ['::/0'], allowHttp: false });
    expect(open.isAllowed('fd00::1')).toBe(true);
    expect(['::ffff:127.0.0.1', '64:ff9b::7f00:1', '2002:7f00:1::', '127.0.0.1'].map(open.isAllowed)).toEqual(
      [false, false, false, false],
    );
  });

  it('a network that is none is refused at the start', () => {
    expect(() => createAddressGuard({ allowedNetworks: ['10.0.0.0/33'], allowHttp: false })).toThrow();
    expect(() => createAddressGuard({ allowedNetworks: ['intranet'], allowHttp: false })).toThrow();
  });
});

it('tells addresses from names in what a URL gives as its host', () => {
  const literal = (url: string) => literalOf(new URL(url).hostname);
  expect(literal('https://127.1')).toBe('127.0.0.1');
  expect(literal('https://[::FFFF:7F00:1]')).toBe('::ffff:7f00:1');
  expect(literal('https://example.com')).toBeNull();
  expect(literal('https://1.2.3.4.example')).toBeNull();
});
