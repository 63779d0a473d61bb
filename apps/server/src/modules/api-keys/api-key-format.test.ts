import { keyTypes } from '@thrivetech/contracts';
import { describe, expect, it } from 'vitest';
import { isApiKey, newApiKey } from './api-key-format.ts';

const alphabet = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

describe('a new API key', () => {
  it.each([
    ['admin', /^tt_admin_[0-9A-Za-z]{38}$/],
    ['read_only', /^tt_read_[0-9A-Za-z]{38}$/],
    ['channel', /^tt_chan_[0-9A-Za-z]{38}$/],
  ] as const)('of the type %s says so, and is one in form', (type, form) => {
    const key = newApiKey(type);
    expect(key).toMatch(form);
    expect(isApiKey(key)).toBe(true);
  });

  it('is never the same, and uses the whole alphabet', () => {
    const keys = Array.from({ length: 200 }, () => newApiKey('channel'));
    expect(new Set(keys).size).toBe(keys.length);
    const used = new Set(keys.flatMap((key) => [...key.slice('tt_chan_'.length, -6)]));
    expect([...used].sort().join('')).toBe([...alphabet].sort().join(''));
  });
});

describe('a typing error is seen without a look-up', () => {
  it.each(keyTypes)('in any single character of a key of the type %s', (type) => {
    const key = newApiKey(type);
    for (let place = 0; place < key.length; place++) {
      for (const other of ['0', 'z', 'A', '_', ' ', 'é']) {
        if (key[place] === other) continue;
        expect(isApiKey(key.slice(0, place) + other + key.slice(place + 1)), `${place} ${other}`).toBe(false);
      }
    }
  });

  it('in two neighbours that changed places', () => {
    const key = newApiKey('admin');
    for (let place = 0; place < key.length - 1; place++) {
      const [a = '', b = ''] = [key[place], key[place + 1]];
      if (a === b) continue;
      expect(isApiKey(key.slice(0, place) + b + a + key.slice(place + 2)), `${place}`).toBe(false);
    }
  });

  it('in what is missing, added, or of another type', () => {
    const key = newApiKey('read_only');
    for (const wrong of [
      '',
      key.slice(0, -1),
      `${key}0`,
      ` ${key}`,
      `${key}\n`,
      key.toUpperCase(),
      key.replace('tt_read_', 'tt_admin_'),
      key.replace('tt_read_', 'tt_'),
      key.replace('tt_', 'sk_'),
      key.repeat(2),
    ]) {
      expect(isApiKey(wrong), wrong).toBe(false);
    }
  });

  it('and a key whose CRC32 was worked out by another library is accepted', () => {
    expect(isApiKey(`tt_chan_${'0'.repeat(32)}3gGq95`)).toBe(true);
  });
});
