import type { Invoice, InvoiceLine } from '@thrivetech/contracts';
import { extractText, getDocumentProxy } from 'unpdf';
import { describe, expect, it } from 'vitest';
import { renderInvoicePdf } from './invoice-pdf.ts';

const at = '2026-11-30T00:00:00.000Z';
const line = (description: string, amount: number): InvoiceLine => ({
  ...{ kind: 'subscription', description, plan_code: 'growth', interval: 'month', amount },
  ...{ period_start: '2026-11-15T00:00:00.000Z', period_end: '2026-12-15T00:00:00.000Z' },
});
const invoice = (changes: Partial<Invoice> = {}): Invoice => ({
  ...{ id: 'inv_1', number: 'INV-2026-000042', kind: 'subscription_update', status: 'paid' },
  ...{ subscription_id: 'sub_1', credits_invoice_id: null, currency: 'USD', total: 600_000 },
  lines: [line('Unused time on Starter', -145_000), line('Remaining time on Growth', 745_000)],
  ...{ credit_applied: 50_000, amount_due: 550_000, amount_paid: 550_000 },
  seller: { name: 'Thrive Tech Services Ltd', lines: ['1 High Street', 'VAT GB 123 4567 89'] },
  buyer: { name: 'Analytical Engines', lines: ['acc_1'] },
  ...{ period_start: '2026-11-15T00:00:00.000Z', period_end: '2026-12-15T00:00:00.000Z' },
  ...{ payment_attempts: 1, next_payment_attempt_at: null, created_at: at, finalized_at: at, paid_at: at },
  ...changes,
});

/** The text of each page, as another program reads it. */
async function pagesOf(of: Invoice): Promise<string[]> {
  const document = await getDocumentProxy(await renderInvoicePdf(of).then((file) => new Uint8Array(file)));
  const { text } = await extractText(document, { mergePages: false });
  return text.map((page) => page.replaceAll(/\s+/g, ' '));
}

/** The parts stand in the text in this order. */
function expectInOrder(text: string, parts: readonly string[]): void {
  let from = 0;
  for (const part of parts) {
    const found = text.indexOf(part, from);
    expect(found, `${part} in ${text.slice(from)}`).toBeGreaterThanOrEqual(0);
    from = found + part.length;
  }
}

describe('an invoice as a file', () => {
  it('says all that the invoice says', async () => {
    const [text = ''] = await pagesOf(invoice());
    expectInOrder(text, [
      ...[
        'Invoice',
        'Number',
        'INV-2026-000042',
        'Issued',
        '30 November 2026',
        'Period',
        '15 Nov 2026 – 15 Dec 2026',
      ],
      ...[
        'Thrive Tech Services Ltd',
        '1 High Street',
        'VAT GB 123 4567 89',
        'Billed to',
        'Analytical Engines',
        'acc_1',
      ],
      ...['Unused time on Starter', 'USD -1,450.00', 'Remaining time on Growth', 'USD 7,450.00'],
      ...['Total', 'USD 6,000.00', 'Paid out of credit', 'USD -500.00', 'Amount due', 'USD 5,500.00'],
      ...['Amount paid', 'USD 5,500.00', 'Paid on 30 November 2026.', 'Page 1 of 1'],
    ]);
  });

  it('is the same bytes each time it is made', async () => {
    const [first, second] = [await renderInvoicePdf(invoice()), await renderInvoicePdf(invoice())];
    expect(Buffer.compare(Buffer.from(first), Buffer.from(second))).toBe(0);
  });

  it('loses none of sixty lines, and begins each page with the head of the table', async () => {
    const lines = Array.from({ length: 60 }, (_, n) => line(`Item ${n + 1}.`, 100 + n));
    const pages = await pagesOf(invoice({ lines }));
    expect(pages.length).toBeGreaterThan(1);
    for (const page of pages) expectInOrder(page, ['Description', 'Period', 'Amount']);
    expectInOrder(
      pages.join(' '),
      lines.map(({ description }) => description),
    );
    expect(pages.at(-1)).toContain(`Page ${pages.length} of ${pages.length}`);
  });

  it('wraps a name that is longer than the page is wide, and shows letters of other scripts', async () => {
    const name = `Ελληνική Εταιρεία ${'Søren Привет '.repeat(12)}`.trim();
    const [text = ''] = await pagesOf(invoice({ buyer: { name, lines: ['漢字'] } }));
    expect(text).toContain(name);
  });

  it.each([
    ['JPY', 968, 'JPY 968'],
    ['KWD', 16_100, 'KWD 16.100'],
  ])('shows amounts in %s with as many decimals as it has', async (currency, total, shown) => {
    const [text] = await pagesOf(invoice({ currency, total, lines: [line('Growth', total)] }));
    expect(text).toContain(`Growth 15 Nov 2026 – 15 Dec 2026 ${shown}`);
  });

  it('is a credit note where the invoice is one', async () => {
    const [text = ''] = await pagesOf(
      invoice({
        ...{ kind: 'credit_note', number: 'CN-2026-000001', total: -600_000, credit_applied: 0 },
        lines: [{ ...line('Goodwill', -600_000), kind: 'correction' }],
      }),
    );
    expectInOrder(text, [
      'Credit note',
      'CN-2026-000001',
      'Goodwill',
      'Total',
      'USD -6,000.00',
      'kept as credit',
    ]);
    expect(text).not.toContain('Amount due');
  });

  it('points at nothing outside itself', async () => {
    const raw = Buffer.from(await renderInvoicePdf(invoice())).toString('latin1');
    expect(raw).not.toMatch(/\/URI|\/Launch|\/JavaScript|https?:\/\//);
  });
});
