import { crockfordSymbols, crockfordValues, encodeCrockford } from './crockford.ts';

const RANDOM_SYMBOLS = 26;
const INPUT_CHARS_MAX = 100;

// What people and mail programs put between groups: white space, hyphens, dashes, invisible break marks.
const SEPARATORS = /[\s\u00AD\u200B\u2010-\u2015\u2212-]/g;

/**
 * A new key `XXXXX-XXXXX-XXXXX-XXXXX-XXXXX-XX`: 130 random bits and a checksum symbol.
 * `randomBytes` must be a cryptographic source: the key is the only secret a customer holds.
 */
export function generateLicenseKey(randomBytes: (count: number) => Uint8Array): string {
  const symbols = encodeCrockford(randomBytes(17)).slice(0, RANDOM_SYMBOLS);
  const values = crockfordValues(symbols) ?? [];
  if (values.length !== RANDOM_SYMBOLS) throw new RangeError('randomBytes(17) must give 17 bytes');
  return grouped(symbols + crockfordSymbols([checkValue(values)]));
}

/**
 * The canonical form of a key as typed or pasted, or null if length, alphabet or checksum are wrong.
 * A null needs no round trip, and tells a guesser nothing: the checksum is public.
 */
export function normalizeLicenseKey(input: string): string | null {
  if (input.length > INPUT_CHARS_MAX) return null;
  const values = crockfordValues(input.replace(SEPARATORS, ''));
  if (values === null || values.length !== RANDOM_SYMBOLS + 1) return null;
  if (values.at(-1) !== checkValue(values.slice(0, RANDOM_SYMBOLS))) return null;
  return grouped(crockfordSymbols(values));
}

/** The part of a canonical key that staff may see and search by: 15 random bits and the checksum. */
export function licenseKeyLastFour(key: string): string {
  return key.replaceAll('-', '').slice(-4);
}

/** `••••-9F3C`: how a key is shown to whoever may not have it. */
export function maskLicenseKey(lastFour: string): string {
  return `••••-${lastFour}`;
}

/**
 * A Reed-Solomon check symbol: the symbol at distance i from the check is weighted with αⁱ in GF(32). α has
 * order 31, so all 27 weights differ and none is 0. Caught with certainty: any one wrong symbol, any two
 * symbols swapped (neighbours or not), any doubled symbol mistyped as another double. Not covered: other
 * slips in two or more places, of which one in 32 passes. It is no proof of origin: anyone can compute it.
 */
function checkValue(values: readonly number[]): number {
  // Starting from 1 rather than 0 makes a key of zeros wrong.
  let sum = 1;
  for (const value of values) sum = timesAlpha(sum ^ value);
  return sum;
}

/** Multiplies by α, a root of the primitive polynomial x⁵ + x² + 1. */
function timesAlpha(value: number): number {
  const doubled = value << 1;
  return doubled & 32 ? doubled ^ 0b100101 : doubled;
}

function grouped(symbols: string): string {
  return symbols.match(/.{1,5}/g)?.join('-') ?? '';
}
