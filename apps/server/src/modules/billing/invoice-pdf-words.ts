import type { Invoice } from '@thrivetech/contracts';
import { formatMoney } from './money.ts';

const months = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];

const parts = (time: string): { day: string; year: string } => {
  const at = new Date(time);
  return { day: `${at.getUTCDate()} ${months[at.getUTCMonth()]}`, year: ` ${at.getUTCFullYear()}` };
};

/** `26 January 2026`, in UTC and the same on every machine. */
export function dayOf(time: string): string {
  const { day, year } = parts(time);
  return day + year;
}

/** `26 January – 26 February 2026`. */
export function periodOf({ period_start, period_end }: { period_start: string; period_end: string }): string {
  const end = dayOf(period_end);
  if (dayOf(period_start) === end) return end;
  const start = parts(period_start);
  return `${start.day}${end.endsWith(start.year) ? '' : start.year} – ${end}`;
}

/** How an invoice stands, in a few words, and what more is to be said. */
export function standingOf(invoice: Invoice): { headline: string; note: string | null } {
  const { kind, status, currency, total, credit_applied, amount_due, amount_paid, paid_at } = invoice;
  if (kind === 'credit_note') {
    return {
      headline: `${formatMoney(0 - total, currency)} credited`,
      note: 'Kept as credit for coming invoices.',
    };
  }
  switch (status) {
    case 'draft':
      return { headline: 'Draft', note: 'It is not issued yet.' };
    case 'void':
      return { headline: 'Void', note: 'Nothing is to be paid.' };
    case 'uncollectible':
      return {
        headline: `${formatMoney(amount_due, currency)} not paid`,
        note: 'It is no longer asked for.',
      };
    case 'open':
      return { headline: `${formatMoney(amount_due - amount_paid, currency)} due`, note: null };
    case 'paid': {
      const on = paid_at === null ? '' : ` on ${dayOf(paid_at)}`;
      if (amount_paid > 0) return { headline: `${formatMoney(amount_paid, currency)} paid${on}`, note: null };
      return { headline: credit_applied > 0 ? `Paid out of credit${on}` : 'Nothing to pay', note: null };
    }
  }
}
