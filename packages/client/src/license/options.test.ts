import { describe, expect, it } from 'vitest';
import { trust } from './license.fixtures.ts';
import { checkConnection, toWireDevice } from './options.ts';

const options = {
  baseUrl: 'https://licenses.example',
  channelKey: 'tt_chan_0',
  productId: 'prd_1',
  rootKeys: trust.rootKeys,
};

describe('the options', () => {
  it('take the address of the server as it gets pasted', () => {
    for (const pasted of ['', '/', '/api/v1', '/api/v1/'])
      expect(checkConnection({ ...options, baseUrl: `https://licenses.example${pasted}` }).baseUrl).toBe(
        'https://licenses.example',
      );
    expect(checkConnection({ ...options, baseUrl: 'http://127.0.0.1:4000/thrive/' }).baseUrl).toBe(
      'http://127.0.0.1:4000/thrive',
    );
  });

  it.each([
    ['an admin key: everybody could read it out of the app', { channelKey: 'tt_admin_0' }],
    ['a read-only key', { channelKey: 'tt_read_0' }],
    ['no key', { channelKey: '' }],
    ['no product', { productId: '' }],
    ['no root key', { rootKeys: [] }],
    ['a root key of another kind', { rootKeys: [{ ...trust.rootKeys[0], crv: 'P-256' } as never] }],
    ['a root key that is cut off', { rootKeys: [{ ...trust.rootKeys[0], x: 'AAAA' } as never] }],
    ['no address', { baseUrl: 'licenses.example' }],
    ['an address of another kind', { baseUrl: 'file:///etc' }],
  ])('refuse %s', (_case, changes) => {
    expect(() => checkConnection({ ...options, ...changes })).toThrow(
      expect.objectContaining({ code: 'INVALID_OPTION' }),
    );
  });
});

describe('a device as it is sent', () => {
  it('has nothing the server would refuse', () => {
    const device = {
      fingerprint: 'this-machine',
      components: { mac: 'digest-of-mac-address', cpu: undefined },
      name: `  ${'x'.repeat(300)}`,
      platform: '   ',
      os_version: undefined,
      environment: 'desktop',
    } as const;
    const sent = toWireDevice(device, '1.2.3');
    expect(sent).toEqual({
      fingerprint: 'this-machine',
      components: { mac: 'digest-of-mac-address' },
      name: 'x'.repeat(200),
      app_version: '1.2.3',
      environment: 'desktop',
    });
    expect(Object.values(sent)).not.toContain(undefined);
  });
});
