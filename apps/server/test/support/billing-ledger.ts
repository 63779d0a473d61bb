/**
 * What an account must have been billed, worked out apart from the server: its own calendar, its own fractions, nothing
 * imported from what it checks.
 */
export interface LedgerLine {
  readonly kind: 'subscription' | 'proration_credit' | 'proration_charge';
  readonly start: string;
  readonly end: string;
  readonly amount: number;
}

type Interval = 'month' | 'year';
const prices: Record<string, Record<Interval, number>> = {
  starter: { month: 2900, year: 29_000 },
  growth: { month: 14_900, year: 149_000 },
};
const priceOf = (plan: string, interval: Interval): number => prices[plan]?.[interval] ?? Number.NaN;

const daysOfMonth = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
const isLeap = (year: number) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;

/** So many months after a moment, on the last day of a month that is too short for it. */
function monthsAfter(anchor: string, months: number): string {
  const [date = '', time = ''] = anchor.split('T');
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  const total = year * 12 + (month - 1) + months;
  const [atYear, atMonth] = [Math.floor(total / 12), total % 12];
  const last = (daysOfMonth[atMonth] ?? 0) + (atMonth === 1 && isLeap(atYear) ? 1 : 0);
  const two = (value: number) => String(value).padStart(2, '0');
  return `${atYear}-${two(atMonth + 1)}-${two(Math.min(day, last))}T${time}`;
}

/** A part of a price, rounded to the nearest unit, halves upwards. */
function part(price: number, rest: number, whole: number): number {
  const exact = BigInt(price) * BigInt(rest);
  const [quotient, left] = [exact / BigInt(whole), exact % BigInt(whole)];
  return Number(left * 2n >= BigInt(whole) ? quotient + 1n : quotient);
}
const secondsBetween = (from: string, to: string): number =>
  Math.floor((Date.parse(to) - Date.parse(from)) / 1000);

/** A subscription as it should be, told of what its owner does and of time that passes. */
export class Ledger {
  readonly lines: LedgerLine[] = [];
  /** How often the plan or its interval has changed. */
  changes = 0;
  #plan: string;
  #interval: Interval = 'month';
  #anchor: string;
  #index = 0;
  #pending: { plan: string; interval: Interval } | null = null;

  /** @param anchor when its first period begins. */
  constructor(plan: string, anchor: string) {
    this.#plan = plan;
    this.#anchor = anchor;
    this.#bill();
  }

  get #start(): string {
    return monthsAfter(this.#anchor, this.#index * (this.#interval === 'month' ? 1 : 12));
  }
  get end(): string {
    return monthsAfter(this.#anchor, (this.#index + 1) * (this.#interval === 'month' ? 1 : 12));
  }

  /** Time has come to here: every period that ended on the way was followed by the next. */
  advance(to: string): void {
    while (this.end <= to) {
      const end = this.end;
      const next = this.#pending ?? { plan: this.#plan, interval: this.#interval };
      if (next.interval === this.#interval) this.#index += 1;
      else [this.#anchor, this.#index] = [end, 0];
      if (this.#pending) this.changes += 1;
      this.#plan = next.plan;
      this.#interval = next.interval;
      this.#pending = null;
      this.#bill();
    }
  }

  downgrade(plan: string, interval: Interval = this.#interval): void {
    this.#pending = { plan, interval };
  }

  upgrade(at: string, plan: string, interval: Interval = this.#interval): void {
    const [whole, rest] = [secondsBetween(this.#start, this.end), secondsBetween(at, this.end)];
    const credit = part(priceOf(this.#plan, this.#interval), rest, whole);
    const isSameInterval = interval === this.#interval;
    const periodEnd = isSameInterval ? this.end : monthsAfter(at, interval === 'month' ? 1 : 12);
    const full = priceOf(plan, interval);
    const charge = isSameInterval ? part(full, rest, whole) : full;
    const kind = isSameInterval ? 'proration_charge' : 'subscription';
    this.lines.push({ kind: 'proration_credit', start: at, end: this.end, amount: 0 - credit });
    this.lines.push({ kind, start: at, end: periodEnd, amount: charge });
    if (!isSameInterval) [this.#anchor, this.#index, this.#interval] = [at, 0, interval];
    this.#plan = plan;
    this.#pending = null;
    this.changes += 1;
  }

  #bill(): void {
    const amount = priceOf(this.#plan, this.#interval);
    this.lines.push({ kind: 'subscription', start: this.#start, end: this.end, amount });
  }
}
