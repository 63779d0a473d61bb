import type { Load } from './processes.ts';

/** What, requests a second, p50 and p99 in milliseconds, the result, the aim. */
export type Row = [what: string, perSecond: string, p50: string, p99: string, result: string, aim: string];

/** @throws {Error} when requests were refused: the figure would mean nothing. */
export function loadRow(what: string, { perSecond, p50, p99, refused }: Load, result: string, aim = ''): Row {
  if (refused > 0)
    throw new Error(`${what}: ${refused} requests were refused; the figure would mean nothing.`);
  return [what, `${Math.round(perSecond)}`, `${p50}`, `${p99}`, result, aim];
}

/** The middle and the 99th of a hundred. */
export function spread(times: readonly number[]): [p50: string, p99: string] {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (part: number) =>
    (sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0).toFixed(1);
  return [at(0.5), at(0.99)];
}

export const ratio = (one: Pick<Load, 'perSecond'>, other: Pick<Load, 'perSecond'>): string =>
  (one.perSecond / other.perSecond).toFixed(2);

/** What is being measured, for who waits. */
export const say = (text: string): void => void process.stderr.write(`${text} …\n`);

const widths = [50, 10, 8, 8, 26, 0];

export function print(rows: readonly string[][]): void {
  for (const cells of [['what', 'requests/s', 'p50 ms', 'p99 ms', 'result', 'aim'], ...rows]) {
    const line = cells.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join('  ');
    console.log(line.trimEnd());
  }
}
