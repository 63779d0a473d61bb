import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { email } from './customers.ts';
import { pageInput, sortInput } from './pagination.ts';
import {
  exampleId,
  features,
  type IdKind,
  id,
  idPrefixes,
  metadata,
  multilineText,
  text,
  timestamp,
} from './primitives.ts';

const accepts = (schema: z.ZodType, values: unknown[]) =>
  expect(values.filter((value) => !schema.safeParse(value).success)).toEqual([]);
const refuses = (schema: z.ZodType, values: unknown[]) =>
  expect(values.filter((value) => schema.safeParse(value).success)).toEqual([]);

describe('an id', () => {
  it('may be any short word, so that a made-up one is not found rather than invalid', () => {
    accepts(id('license'), ['lic_1', 'x', 'A-b_9', 'a'.repeat(64)]);
    refuses(id('license'), ['', 'a b', 'a'.repeat(65), 'ä', 'a/b', 'a\n', null, 1]);
  });

  it('has a prefix of three letters by its kind, no two the same', () => {
    const prefixes = Object.values(idPrefixes);
    expect(new Set(prefixes).size).toBe(prefixes.length);
    for (const kind of Object.keys(idPrefixes) as IdKind[]) {
      expect(exampleId(kind)).toMatch(/^[a-z]{3}_[0-9a-z]{26}$/);
    }
  });
});

describe('a time', () => {
  it('is RFC 3339 with any offset', () => {
    accepts(timestamp, [
      '2026-01-26T12:00:00Z',
      '2026-01-26T12:00:00.123456Z',
      '2026-01-26T12:00:00+05:30',
      '2024-02-29T00:00:00Z',
    ]);
  });

  it('is a real one: no 30 February, no 24 o’clock, no year that cannot be shown again', () => {
    refuses(timestamp, [
      '2026-02-30T00:00:00Z',
      '2025-02-29T00:00:00Z',
      '2026-01-26T24:00:00Z',
      '2026-01-26T12:00:60Z',
      '2026-01-26',
      '2026-01-26T12:00:00',
      '0999-12-31T23:59:59Z',
      '+010000-01-01T00:00:00Z',
      1_769_428_800,
    ]);
  });

  it('cannot leave the years 1000 to 9999 by its offset', () => {
    accepts(timestamp, ['1000-01-01T00:00:00Z', '9999-12-31T23:59:59.999Z']);
    refuses(timestamp, ['1000-01-01T00:00:00+00:01', '9999-12-31T23:59:59-00:01']);
  });
});

describe('text', () => {
  it('is one line with something in it', () => {
    accepts(text(5), ['a', 'äöü', ' a ', '👩']);
    refuses(text(5), ['', ' ', 'abcdef', 'a\nb', 'a\tb', 'a\u0000', 'a\u007f', '\ud800', 5, null]);
  });

  it('of several lines may have breaks and tabs, and no other control character', () => {
    accepts(multilineText(9), ['', 'a\nb', 'a\r\n\tb']);
    refuses(multilineText(9), ['a\u0000', 'a\u001b[0m', '\udfff', '0123456789']);
  });

  it('that is an e-mail address has a local part and a domain', () => {
    accepts(email, ['ada@example.com', "o'neil+tag@sub.example.co", 'ADA@EXAMPLE.COM']);
    refuses(email, [
      'ada',
      'ada@',
      '@example.com',
      'a b@example.com',
      'ada@example',
      `${'a'.repeat(250)}@b.co`,
    ]);
  });
});

describe('a map', () => {
  const entries = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, true]));

  it('has at most 50 flat entries', () => {
    accepts(metadata, [{}, { a: 1, b: 'x', c: true, d: null, 'x.y-z_0': '' }, entries(50)]);
    refuses(metadata, [entries(51), { a: {} }, { a: [] }, { '': 1 }, { 'a b': 1 }, { a: Number.NaN }, []]);
    accepts(features, [{ export: true, projects: 5, tier: 'pro' }, entries(50)]);
    refuses(features, [entries(51), { a: null }, { a: '' }]);
  });

  it('of features fits into a lease', () => {
    const long = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'x'.repeat(200)]));
    accepts(features, [long(15)]);
    refuses(features, [long(20)]);
  });
});

describe('a page', () => {
  it('holds 20 unless 1 to 100 are asked for', () => {
    expect(pageInput.limit.parse(undefined)).toBe(20);
    accepts(pageInput.limit, [1, 100]);
    refuses(pageInput.limit, [0, 101, 1.5, '20', null]);
  });

  it('comes newest first unless another field of the list is named', () => {
    const { sort } = sortInput(['created_at', 'name']);
    expect(sort.parse(undefined)).toBe('-created_at');
    accepts(sort, ['created_at', 'name', '-name']);
    refuses(sort, ['email', '--name', '+name', '']);
  });
});
