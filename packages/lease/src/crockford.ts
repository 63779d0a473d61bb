/** Crockford's base 32: no I, L, O (look like digits) and no U. A symbol's index is its value. */
export const CROCKFORD_ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

// A table rather than toUpperCase(): Unicode case mapping would let 'ı' (U+0131) pass as I.
const valueByCode = new Int8Array(128).fill(-1);
for (let value = 0; value < 32; value++) {
  const symbol = CROCKFORD_ALPHABET.charAt(value);
  valueByCode[symbol.charCodeAt(0)] = value;
  valueByCode[symbol.toLowerCase().charCodeAt(0)] = value;
}
for (const zero of 'Oo') valueByCode[zero.charCodeAt(0)] = 0;
for (const one of 'IiLl') valueByCode[one.charCodeAt(0)] = 1;

/** Values 0-31 of symbols as people type them (any case, O for 0, I and L for 1), or null. */
export function crockfordValues(text: string): number[] | null {
  const values: number[] = [];
  for (let index = 0; index < text.length; index++) {
    const value = valueByCode[text.charCodeAt(index)] ?? -1;
    if (value < 0) return null;
    values.push(value);
  }
  return values;
}

/** Upper-case symbols of values 0-31. */
export function crockfordSymbols(values: readonly number[]): string {
  let text = '';
  for (const value of values) text += CROCKFORD_ALPHABET.charAt(value);
  return text;
}

/**
 * Big-endian, five bits a symbol, zero bits at the end where needed: the order of texts is the order of
 * bytes.
 */
export function encodeCrockford(bytes: Uint8Array): string {
  let text = '';
  let bits = 0;
  let bitCount = 0;
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    bitCount += 8;
    while (bitCount >= 5) {
      bitCount -= 5;
      text += CROCKFORD_ALPHABET.charAt((bits >> bitCount) & 31);
    }
    bits &= (1 << bitCount) - 1;
  }
  return bitCount === 0 ? text : text + CROCKFORD_ALPHABET.charAt((bits << (5 - bitCount)) & 31);
}

/** Inverse of {@link encodeCrockford}, lenient about case and lookalikes only; null for any other text. */
export function decodeCrockford(text: string): Uint8Array | null {
  const values = crockfordValues(text);
  if (values === null) return null;
  const bytes = new Uint8Array(Math.floor((values.length * 5) / 8));
  let length = 0;
  let bits = 0;
  let bitCount = 0;
  for (const value of values) {
    bits = (bits << 5) | value;
    bitCount += 5;
    if (bitCount >= 8) {
      bitCount -= 8;
      bytes[length++] = bits >> bitCount;
      bits &= (1 << bitCount) - 1;
    }
  }
  // Five bits or more left over: a symbol that no byte needed.
  return bits === 0 && bitCount < 5 ? bytes : null;
}
