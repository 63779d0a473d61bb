import { sha256 } from './kit.ts';
import type { VectorFile, VectorTest } from './vector-file.ts';

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

// GF(32) by powers of α, where α⁵ = α² + 1: another way to the check symbol than that of src/license-key.ts.
const powers = [1];
while (powers.length < 31) {
  const doubled = (powers.at(-1) ?? 0) * 2;
  powers.push(doubled > 31 ? doubled ^ 37 : doubled);
}
const times = (left: number, right: number): number =>
  left === 0 || right === 0 ? 0 : (powers[(powers.indexOf(left) + powers.indexOf(right)) % 31] ?? 0);

/** α²⁶ + the sum over all 26 symbols of symbol i · α²⁶⁻ⁱ; sums are XOR. */
function checkSymbol(symbols: string): string {
  let sum = powers[26] ?? 0;
  for (const [index, symbol] of [...symbols].entries()) {
    sum ^= times(ALPHABET.indexOf(symbol), powers[26 - index] ?? 0);
  }
  return ALPHABET.charAt(sum);
}

function randomSymbols(name: string): string {
  return Array.from(sha256(`license key of the vectors: ${name}`).subarray(0, 26), (byte) =>
    ALPHABET.charAt(byte & 31),
  ).join('');
}

const grouped = (symbols: string): string => symbols.match(/.{1,5}/g)?.join('-') ?? '';
const keyOf = (symbols: string): string => grouped(symbols + checkSymbol(symbols));

const bodies = Array.from({ length: 12 }, (_, index) => randomSymbols(`key ${index}`));
// Has every symbol that people mistake: 0 and 1 at both ends and in the middle.
export const LICENSE_KEY = keyOf('01A7M08RT2K10VWN6HJ3CP5D01');
const KEY = LICENSE_KEY;
const bare = KEY.replaceAll('-', '');
const corners = ['0'.repeat(26), 'Z'.repeat(26), `${'0'.repeat(25)}1`, `1${'0'.repeat(25)}`, '01'.repeat(13)];

const accepted = (comment: string, text: string, flags: string[] = [], key = KEY): VectorTest => ({
  comment,
  flags,
  input: { text },
  expected: {
    key,
    lastFour: key.replaceAll('-', '').slice(-4),
    masked: `••••-${key.replaceAll('-', '').slice(-4)}`,
  },
});
const refused = (comment: string, text: string, ...flags: string[]): VectorTest => ({
  comment,
  flags,
  input: { text },
  error: 'INVALID_LICENSE_KEY',
});
const codePoint = (character: string) =>
  `U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
const between = (separator: string) => KEY.replaceAll('-', separator);

const spaces = Array.from({ length: 11 }, (_, index) => String.fromCharCode(0x2000 + index));
const white = [...'\t\n\v\f\r \u00a0\u1680\u2028\u2029\u202f\u205f\u3000\ufeff', ...spaces];
const dashes = [...'-\u2010\u2011\u2012\u2013\u2014\u2015\u2212'];
const invisible = [...'\u00ad\u200b'];
// What \s or isspace() of one language or another takes, or what looks like a dash, and is no separator here.
const noSeparators = [...'\u0085\u001c\u001f\u180e\u200c\u200d\u2060\ufe58\uff0d_.,/+\0'];
const noSymbols = [...'uU*~$=!\u0131\u0130\u017f\u212a\u0410\u041e\uff10\uff21\u0660\u00e9'];

const substitutions = Array.from({ length: 27 }, (_, index) => {
  const wrong = ALPHABET.charAt((ALPHABET.indexOf(bare.charAt(index)) + 1 + index) % 32);
  return wrong === bare.charAt(index) ? '' : bare.slice(0, index) + wrong + bare.slice(index + 1);
}).filter((text) => text !== '');
const swaps = Array.from({ length: 26 }, (_, index) => {
  const [left, right] = [bare.charAt(index), bare.charAt(index + 1)];
  return left === right ? '' : bare.slice(0, index) + right + left + bare.slice(index + 2);
}).filter((text) => text !== '');

export const licenseKeyVectors: VectorFile = {
  algorithm: 'thrive-license-key',
  schema: 'license_key_v1',
  header: ['What a user typed, and the license key that is meant or INVALID_LICENSE_KEY.'],
  notes: {
    Typo: 'A slip that the check symbol catches with certainty. Accepting it costs a call to the server.',
    Lookalike: 'O is read as 0, I and L as 1, in either case.',
    Separator:
      'Separators are dropped: white space of ECMAScript, hyphens, dashes, soft hyphen, zero-width space.',
    NoSeparator:
      'White space or a dash for some language or eye, and not for this format. Take the list, not isspace().',
    UnicodeCase: 'A letter outside ASCII that becomes an ASCII letter when its case is changed. Use a table.',
    Length: 'At most 100 characters (UTF-16 code units) are looked at. Bytes of UTF-8 are another count.',
  },
  groups: [
    {
      type: 'LicenseKeyNormalize',
      comment: 'Keys in their canonical form come back as they are',
      tests: [
        accepted('symbols that are easily mistaken', KEY),
        ...bodies.map((symbols, index) =>
          accepted(`random key ${index + 1}`, keyOf(symbols), [], keyOf(symbols)),
        ),
        ...corners.map((symbols) => accepted(`26 symbols ${symbols}`, keyOf(symbols), [], keyOf(symbols))),
      ],
    },
    {
      type: 'LicenseKeyNormalize',
      comment: 'As people type it',
      tests: [
        accepted('lower case', KEY.toLowerCase()),
        accepted('no separators', bare),
        accepted('O for 0', KEY.replaceAll('0', 'O'), ['Lookalike']),
        accepted('o for 0', KEY.replaceAll('0', 'o'), ['Lookalike']),
        accepted('I for 1', KEY.replaceAll('1', 'I'), ['Lookalike']),
        accepted('i for 1', KEY.replaceAll('1', 'i'), ['Lookalike']),
        accepted('L for 1', KEY.replaceAll('1', 'L'), ['Lookalike']),
        accepted('l for 1', KEY.replaceAll('1', 'l'), ['Lookalike']),
        accepted('separators at other places', `${bare.slice(0, 4)}-${bare.slice(4, 9)} ${bare.slice(9)}`, [
          'Separator',
        ]),
        accepted('separators before, after and doubled', `  -${KEY.replaceAll('-', ' - ')}-\n`, [
          'Separator',
        ]),
        ...[...white, ...dashes, ...invisible].map((separator) =>
          accepted(`${codePoint(separator)} between groups`, between(separator), ['Separator']),
        ),
      ],
    },
    {
      type: 'LicenseKeyNormalize',
      comment: 'Length',
      tests: [
        accepted('100 characters', KEY.padEnd(100), ['Length']),
        refused('101 characters', KEY.padEnd(101), 'Length'),
        accepted('100 characters that are 236 bytes of UTF-8', KEY.padEnd(100, '\u2003'), ['Length']),
        refused('a key and a second one', `${KEY} ${KEY}`, 'Length'),
        refused('nothing', ''),
        refused('only separators', ' - - '),
        refused('26 symbols, the last missing', bare.slice(0, -1)),
        refused('26 symbols, the first missing', bare.slice(1)),
        refused('28 symbols', `${bare}0`),
      ],
    },
    {
      type: 'LicenseKeyNormalize',
      comment: 'Characters that no license key has',
      tests: [
        ...noSeparators.map((character) =>
          refused(`${codePoint(character)} between groups`, between(character), 'NoSeparator'),
        ),
        ...noSymbols.map((character) =>
          refused(
            `${codePoint(character)} for the third symbol`,
            KEY.slice(0, 2) + character + KEY.slice(3),
            ...('\u0131\u0130\u017f\u212a'.includes(character) ? ['UnicodeCase'] : []),
          ),
        ),
        refused('a dotless i for 1', KEY.replaceAll('1', '\u0131'), 'UnicodeCase'),
        refused('a symbol outside the basic plane', `\u{1d7ce}${KEY.slice(1)}`),
      ],
    },
    {
      type: 'LicenseKeyNormalize',
      comment: 'The check symbol',
      tests: [
        refused('a key of zeros', '0'.repeat(27), 'Typo'),
        ...[...ALPHABET]
          .filter((symbol) => symbol !== bare.at(-1))
          .map((symbol) => refused(`check symbol ${symbol}`, bare.slice(0, -1) + symbol, 'Typo')),
        ...substitutions.map((text) => refused('one wrong symbol', grouped(text), 'Typo')),
        ...swaps.map((text) => refused('two neighbours swapped', grouped(text), 'Typo')),
        refused('first and last random symbol of a key swapped', swapEnds(bare), 'Typo'),
      ],
    },
  ],
};

function swapEnds(text: string): string {
  return text.charAt(25) + text.slice(1, 25) + text.charAt(0) + text.charAt(26);
}
