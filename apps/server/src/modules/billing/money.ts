/** ISO 4217. The two with four decimals, CLF and UYW, are units of account in which nobody pays. */
const zeroDecimal: readonly string[] = [
  ...['BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG'],
  ...['RWF', 'UGX', 'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF'],
];
const threeDecimal: readonly string[] = ['BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND'];

/** How many decimals the minor unit of a currency is: 2900 is 29.00 USD, 2900 JPY or 2.900 KWD. */
export function currencyExponent(currency: string): 0 | 2 | 3 {
  if (zeroDecimal.includes(currency)) return 0;
  return threeDecimal.includes(currency) ? 3 : 2;
}

/**
 * A fraction as a whole number, halves upwards, also below zero: -1/2 is 0 (billing.md).
 *
 * @throws {RangeError} for a denominator that is not above zero.
 */
export function halfUp(numerator: bigint, denominator: bigint): bigint {
  if (denominator <= 0n) throw new RangeError(`${denominator} is no denominator: it must be above zero.`);
  const dividend = 2n * numerator + denominator;
  const divisor = 2n * denominator;
  // Division of BigInts goes towards zero; below zero that is the ceiling.
  return dividend / divisor - (dividend % divisor < 0n ? 1n : 0n);
}

/**
 * An amount of minor units for people, the same on every machine: `USD 1,402.00`, `USD -14.02`, `JPY 968`.
 *
 * @throws {RangeError} for an amount that is not whole.
 */
export function formatMoney(amount: number, currency: string): string {
  const exponent = currencyExponent(currency);
  const digits = String(BigInt(Math.abs(amount))).padStart(exponent + 1, '0');
  const units = digits.slice(0, digits.length - exponent).replace(/\B(?=(\d{3})+$)/g, ',');
  const decimals = exponent === 0 ? '' : `.${digits.slice(-exponent)}`;
  return `${currency} ${amount < 0 ? '-' : ''}${units}${decimals}`;
}

/**
 * The exact sum of amounts in minor units; never -0.
 *
 * @throws {RangeError} for an amount that is not whole, and a sum that is no safe integer.
 */
export function sumOf(amounts: readonly number[]): number {
  const sum = Number(amounts.reduce((total, amount) => total + BigInt(amount), 0n));
  if (!Number.isSafeInteger(sum)) throw new RangeError(`The sum ${sum} is too large to be exact.`);
  return sum;
}
