import { unique } from './builders.ts';

/** A place inside an input: `['device', 'components', 'mac']`. */
export type Place = readonly string[];

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Every place of an input, outer ones first. */
export function placesOf(input: Fields, prefix: Place = []): Place[] {
  return Object.entries(input).flatMap(([name, value]) => {
    const place = [...prefix, name];
    return isFields(value) ? [place, ...placesOf(value, place)] : [place];
  });
}

/** The input without what lets it pass only once: a version that was read, and what is unique in an account. */
export const repeatable = (input: Fields): Fields => {
  const { version: _version, code: _code, ...rest } = input;
  return { ...rest, ...('email' in rest && { email: `${unique('again')}@example.com` }) };
};

/** The input with one value replaced. */
export function replaceAt(input: Fields, place: Place, value: unknown): Fields {
  const [name, ...rest] = place;
  if (name === undefined) return input;
  return {
    ...input,
    [name]: rest.length === 0 ? value : replaceAt(isFields(input[name]) ? input[name] : {}, rest, value),
  };
}

/** JSON that may hold what `JSON.stringify` cannot write: a number too large for any number type. */
const hugeNumber = '@huge@';
export const toLooseJson = (input: unknown): string =>
  JSON.stringify(input).replaceAll(JSON.stringify(hugeNumber), '1e999');
/** What a reader of {@link toLooseJson} sees. */
export const asRead = (input: unknown): unknown =>
  JSON.parse(JSON.stringify(input), (_name, value) =>
    value === hugeNumber ? Number.POSITIVE_INFINITY : value,
  );

/** One value of each kind that a field may get instead of its own. */
export const wrongValues: Record<string, unknown> = {
  null: null,
  true: true,
  zero: 0,
  'a negative number': -1,
  'a fraction': 1.5,
  'a number beyond 64 bits': 1e300,
  'a number beyond all': hugeNumber,
  'the largest safe integer': Number.MAX_SAFE_INTEGER,
  'an empty text': '',
  'a text': 'zebra',
  'NaN as text': 'NaN',
  'a number as text': '5',
  'a text of 10,000': 'x'.repeat(10_000),
  'an empty array': [],
  'an array': ['zebra', 1, null],
  'an empty object': {},
  'an object': { zebra: 1 },
  'a null byte': 'a\u0000b',
  'half a surrogate pair': 'a\ud800b',
  'control characters': 'a\u0007\u001bb',
  'right-to-left override': 'a\u202eb',
  'the last time of year 9999, west of Greenwich': '9999-12-31T23:59:59-23:59',
  'the first time of year 1000, east of Greenwich': '1000-01-01T00:00:00+23:59',
  'the end of time': '9999-12-31T23:59:59.999Z',
  'a leap second': '2026-12-31T23:59:60Z',
  'the 30th of February': '2027-02-30T00:00:00Z',
  'a date without time': '2027-02-20',
};
