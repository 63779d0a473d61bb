import { describe, expect, it } from 'vitest';
import { createSeal } from './seal.ts';

const seal = createSeal(Buffer.alloc(32, 1));

describe('a sealed text', () => {
  it.each(['', 'a', 'äöü 👩‍💻', '\u0000', 'x'.repeat(100_000)])('opens to what it was: %#', (text) => {
    expect(seal.open(seal.seal(text, 'here'), 'here')).toBe(text);
  });

  it('is never the same twice, and does not show its text', () => {
    const sealed = Array.from({ length: 50 }, () => seal.seal('4XQ7M-8RT2K', 'here'));
    expect(new Set(sealed).size).toBe(50);
    for (const one of sealed) expect(Buffer.from(one, 'base64url').toString('latin1')).not.toContain('4XQ7M');
  });

  it('opens nowhere but in its own place', () => {
    const sealed = seal.seal('secret', 'lic_1');
    for (const purpose of ['lic_2', '', 'lic_1 ']) expect(() => seal.open(sealed, purpose)).toThrow();
  });

  it('opens with no other key', () => {
    expect(() => createSeal(Buffer.alloc(32, 2)).open(seal.seal('secret', 'x'), 'x')).toThrow();
  });

  it('does not open when any bit of it was changed', () => {
    const sealed = Buffer.from(seal.seal('secret', 'x'), 'base64url');
    for (let bit = 0; bit < sealed.length * 8; bit++) {
      const changed = Buffer.from(sealed);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(() => seal.open(changed.toString('base64url'), 'x'), `bit ${bit}`).toThrow();
    }
  });

  it('does not open when it was cut short, its tag included', () => {
    const sealed = Buffer.from(seal.seal('secret', 'x'), 'base64url');
    for (let length = 0; length < sealed.length; length++) {
      expect(() => seal.open(sealed.subarray(0, length).toString('base64url'), 'x'), `${length}`).toThrow();
    }
  });
});
