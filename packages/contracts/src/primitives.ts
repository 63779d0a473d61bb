import { z } from 'zod';

/** The three kinds of API key. A channel key ships inside apps: assume that every attacker holds it. */
export const keyTypes = ['admin', 'read_only', 'channel'] as const;
export type KeyType = (typeof keyTypes)[number];

/** An id carries its kind, so that a license id in a product's place is seen at a glance. */
export const idPrefixes = {
  account: 'acc',
  api_key: 'key',
  audit_entry: 'aud',
  customer: 'cus',
  delivery: 'dlv',
  delivery_attempt: 'att',
  device: 'dev',
  event: 'evt',
  invoice: 'inv',
  lease: 'lea',
  license: 'lic',
  payment: 'pay',
  payment_method: 'pmt',
  product: 'prd',
  request: 'req',
  subscription: 'sub',
  usage_snapshot: 'usg',
  webhook_endpoint: 'whe',
} as const;
export type IdKind = keyof typeof idPrefixes;

/**
 * An id as callers send and receive it. Well-formed ids that do not exist are a 404, never a 400, so that
 * nobody can tell another account's id from a made-up one.
 */
export const id = (kind: IdKind) =>
  z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,64}$/, `must be an id such as ${idPrefixes[kind]}_…`)
    .meta({
      description: `Id of the ${kind.replace('_', ' ')}.`,
      examples: [exampleId(kind)],
    });

/** A made-up id for documents: right in form, of no account. */
export const exampleId = (kind: IdKind): string => `${idPrefixes[kind]}_01k9zj4t5w8x2y6b3c7d9f1g5h`;

// Control characters have no place in a name, and PostgreSQL cannot store a null byte at all. Spelled out rather than
// \p{Cc}: these patterns stand in the OpenAPI document, and not every language's expressions know that.
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it is about
const printable = /^[^\x00-\x1f\x7f-\x9f]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above; line breaks and tabs are fine here
const printableLines = /^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]*$/;
/** Half a surrogate pair is no character; UTF-8 cannot carry it. */
const isWellFormed = (value: string): boolean => value.isWellFormed();

/** One line of text, not blank, at most `lengthMax` characters. */
export const text = (lengthMax: number) =>
  z
    .string()
    .min(1, 'must not be empty')
    .max(lengthMax, `must be at most ${lengthMax} characters`)
    .regex(printable, 'must not contain control characters')
    .refine(isWellFormed, 'must be valid Unicode')
    .regex(/\S/, 'must not be blank');

/** Several lines of text, at most `lengthMax` characters. */
export const multilineText = (lengthMax: number) =>
  z
    .string()
    .max(lengthMax, `must be at most ${lengthMax} characters`)
    .regex(printableLines, 'must not contain control characters')
    .refine(isWellFormed, 'must be valid Unicode');

/** The last instant that the wire can say; the years have four digits. */
export const latestTime = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const earliestTime = Date.UTC(1000, 0, 1);

/** An instant: RFC 3339, any offset on the way in, always UTC with milliseconds on the way out. */
export const timestamp = z.iso
  .datetime({ offset: true, error: 'must be an RFC 3339 time such as 2026-01-26T12:00:00Z' })
  .refine((value) => {
    const instant = Date.parse(value);
    return Number.isNaN(instant) || (instant >= earliestTime && instant <= latestTime);
  }, 'must lie in the years 1000 to 9999')
  .meta({ examples: ['2026-01-26T12:00:00.000Z'] });

/** Whole days; a century is the most that anybody means. */
export const days = (minimum: number) => z.int().min(minimum).max(36_500);

const mapKey = z.string().regex(/^[A-Za-z0-9_.-]{1,64}$/, 'a key is 1 to 64 of A-Z a-z 0-9 _ . -');

/** Free data of the vendor's own, kept as it came: at most 50 flat entries. */
export const metadata = z
  .record(mapKey, z.union([multilineText(1000), z.number(), z.boolean(), z.null()]))
  .refine((map) => Object.keys(map).length <= 50, 'must have at most 50 entries')
  .meta({
    description: "The vendor's own data, at most 50 entries.",
    examples: [{ order: 'A-1001' }],
  });

/** What a license unlocks: a switch (`true`), an amount (`5`) or a name (`"pro"`) per feature. */
export const features = z
  .record(mapKey, z.union([z.boolean(), z.number(), text(200)]))
  .refine((map) => Object.keys(map).length <= 50, 'must have at most 50 entries')
  // Features travel in every lease, and a lease must stay a token of a few kilobytes.
  .refine((map) => JSON.stringify(map).length <= 4000, 'must be at most 4,000 characters of JSON in all')
  .meta({
    description: 'What the license unlocks, at most 50 entries.',
    examples: [{ export: true, projects: 5 }],
  });

/** Guards an update: the version that was read. Another writer in between makes the update a `CONFLICT`. */
export const expectedVersion = z
  .int()
  .min(1)
  .optional()
  .meta({
    description: 'Version that was read; the header `If-Match` says the same.',
    examples: [1],
  });
