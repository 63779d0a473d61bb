import type { Invoice, InvoiceLine } from '@thrivetech/contracts';
import { getDocumentProxy } from 'unpdf';
import { describe, expect, it } from 'vitest';
import { renderInvoicePdf } from './invoice-pdf.ts';

const at = '2026-11-30T00:00:00.000Z';
const period = { period_start: '2026-11-15T00:00:00.000Z', period_end: '2026-12-15T00:00:00.000Z' };
const line = (description: string, amount: number): InvoiceLine => ({
  ...{ kind: 'subscription', description, plan_code: 'growth', interval: 'month', amount, ...period },
});
const invoice = (changes: Partial<Invoice> = {}): Invoice => ({
  ...{ id: 'inv_1', number: 'INV-2026-000042', kind: 'subscription_update', status: 'paid' },
  ...{ subscription_id: 'sub_1', credits_invoice_id: null, currency: 'USD', total: 600_000, ...period },
  lines: [line('Unused time on Starter', -145_000), line('Remaining time on Growth', 745_000)],
  ...{ credit_applied: 50_000, amount_due: 550_000, amount_paid: 550_000 },
  seller: { name: 'Thrive Tech Services Ltd', lines: ['1 High Street', 'VAT GB 123 4567 89'] },
  buyer: { name: 'Analytical Engines', lines: ['acc_1'] },
  ...{ payment_attempts: 1, next_payment_attempt_at: null, created_at: at, finalized_at: at, paid_at: at },
  ...changes,
});

/** A text on a page, and the box it takes, in points from the lower left. */
interface Item {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly baseline: number;
  readonly size: number;
}

/** What another program reads in the file, page by page. */
async function read(of: Invoice) {
  const document = await getDocumentProxy(Uint8Array.from(await renderInvoicePdf(of)));
  const pages: Item[][] = [];
  for (let number = 1; number <= document.numPages; number += 1) {
    const { items } = await (await document.getPage(number)).getTextContent();
    pages.push(
      items.flatMap((item) => {
        if (!('str' in item) || item.str.trim() === '') return [];
        const [size = 0, , , , left = 0, baseline = 0] = item.transform as number[];
        return [{ text: item.str, left, right: left + item.width, baseline, size }];
      }),
    );
  }
  return { pages, document, metadata: await document.getMetadata() };
}

async function textOf(of: Invoice): Promise<string> {
  const { pages } = await read(of);
  return pages
    .flat()
    .map(({ text }) => text)
    .join(' ');
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

/** Nothing stands outside the margins or over something else. */
function expectTidy(page: readonly Item[]): void {
  for (const [index, item] of page.entries()) {
    expect(item.left, item.text).toBeGreaterThanOrEqual(55.9);
    expect(item.right, item.text).toBeLessThanOrEqual(539.4);
    expect(item.baseline, item.text).toBeGreaterThan(40);
    for (const other of page.slice(index + 1)) {
      const isBeside = item.right <= other.left || other.right <= item.left;
      const isApart = Math.abs(item.baseline - other.baseline) >= Math.min(item.size, other.size);
      expect(isBeside || isApart, `${item.text} over ${other.text}`).toBe(true);
    }
  }
}

describe('an invoice as a file', () => {
  it('says all that the invoice says, in the order in which it is read', async () => {
    expectInOrder(await textOf(invoice()), [
      ...['Invoice', 'Number', 'INV-2026-000042', 'Issued', '30 November 2026'],
      ...['Period', '15 November – 15 December 2026'],
      ...['Thrive Tech Services Ltd', '1 High Street', 'VAT GB 123 4567 89'],
      ...['Billed to', 'Analytical Engines', 'acc_1', 'USD 5,500.00 paid on 30 November 2026'],
      ...['Unused time on Starter', '15 November – 15 December 2026', 'USD -1,450.00'],
      ...['Remaining time on Growth', '15 November – 15 December 2026', 'USD 7,450.00'],
      ...['Total', 'USD 6,000.00', 'Credit applied', 'USD -500.00', 'Amount due', 'USD 5,500.00'],
      ...['Amount paid', 'USD 5,500.00', 'INV-2026-000042', 'Page 1 of 1'],
    ]);
  });

  it.each<[string, Partial<Invoice>]>([
    ['USD 5,500.00 due', { status: 'open', amount_paid: 0, paid_at: null }],
    ['Void', { status: 'void', amount_paid: 0, paid_at: null }],
    ['USD 5,500.00 not paid', { status: 'uncollectible', amount_paid: 0, paid_at: null }],
    ['Paid out of credit on 30 November 2026', { credit_applied: 600_000, amount_due: 0, amount_paid: 0 }],
    ['Nothing to pay', { total: 0, credit_applied: 0, amount_due: 0, amount_paid: 0 }],
    ['Draft', { status: 'draft', number: null, finalized_at: null, amount_paid: 0, paid_at: null }],
  ])('says how it stands: %s', async (headline, changes) => {
    const { pages } = await read(invoice(changes));
    expect(pages.flat().find(({ size }) => size === 13)?.text).toBe(headline);
  });

  it('says the year of each end of a period that spans two', async () => {
    const spanning = { period_start: '2026-12-31T23:59:59.999Z', period_end: '2027-01-31T00:00:00.000Z' };
    expect(await textOf(invoice(spanning))).toContain('31 December 2026 – 31 January 2027');
  });

  it('is the same bytes each time it is made, and is dated by its invoice', async () => {
    const [first, second] = [await renderInvoicePdf(invoice()), await renderInvoicePdf(invoice())];
    expect(Buffer.compare(first, second)).toBe(0);
    const { metadata } = await read(invoice());
    expect(metadata.info).toMatchObject({
      ...{ Title: 'INV-2026-000042', Author: 'Thrive Tech Services Ltd' },
      ...{ CreationDate: 'D:20261130000000Z', ModDate: 'D:20261130000000Z' },
    });
  });

  it('loses none of sixty lines, and begins each page with the head of the table', async () => {
    const lines = Array.from({ length: 60 }, (_, n) => line(`Item ${n + 1}.`, 100 + n));
    const { pages } = await read(invoice({ lines }));
    expect(pages.length).toBeGreaterThan(1);
    for (const [index, page] of pages.entries()) {
      const text = page.map((item) => item.text).join(' ');
      expectInOrder(text, [
        'Description',
        'Period',
        'Amount',
        'Item',
        `Page ${index + 1} of ${pages.length}`,
      ]);
      if (index > 0) expect(text).toMatch(/^Description Period Amount Item/);
      expectTidy(page);
    }
    expectInOrder(
      await textOf(invoice({ lines })),
      lines.flatMap(({ description, amount }) => [
        description,
        `USD 1.${String(amount - 100).padStart(2, '0')}`,
      ]),
    );
  });

  it.each<[string, Partial<Invoice>]>([
    ['names of many words', { buyer: { name: 'Ελληνική Søren Привет '.repeat(20), lines: ['a'] } }],
    ['names without a space', { seller: { name: 'W'.repeat(200), lines: ['m'.repeat(300)] } }],
    [
      'addresses of many lines',
      { buyer: { name: 'B', lines: Array.from({ length: 90 }, (_, n) => `${n}.`) } },
    ],
    [
      'descriptions longer than a page',
      { lines: [line(Array.from({ length: 900 }, (_, n) => `w${n}.`).join(' '), 1)] },
    ],
    [
      'the largest amounts',
      { lines: [line('Growth', -Number.MAX_SAFE_INTEGER)], total: -Number.MAX_SAFE_INTEGER },
    ],
  ])('stays tidy, and loses nothing, with %s', async (_what, changes) => {
    const of = invoice(changes);
    const { pages } = await read(of);
    pages.forEach(expectTidy);
    const squeeze = (text: string) => text.replaceAll(/\s/g, '');
    // The footers and heads of tables in between are not part of it.
    const body = pages.flat().filter(({ size }) => size !== 8);
    const text = squeeze(body.map((item) => item.text).join(''));
    expect(text).toContain(squeeze([of.seller.name, ...of.seller.lines].join('')));
    expect(text).toContain(squeeze([of.buyer.name, ...of.buyer.lines].join('')));
    for (const { description } of of.lines) {
      for (const word of description.split(' ')) expect(text).toContain(word);
    }
    expect(pages.flat().at(-1)?.text).toBe(`Page ${pages.length} of ${pages.length}`);
  });

  it('shows letters of other scripts, and a sign for each that the font lacks', async () => {
    const name = 'Ελληνική Łódź Søren Привет Đặng';
    const text = await textOf(
      invoice({ buyer: { name, lines: ['A 漢字 😀 B', 'שלום', 'e\u0301t\u0000a\tt\u202e\n.'] } }),
    );
    expectInOrder(text, [name, 'A □□ □ B', '□□□□', 'ét a t .']);
  });

  it('draws the letters of an id as they are: no x between figures becomes a sign of multiplication', async () => {
    const { pages } = await read(invoice({ buyer: { name: 'B', lines: ['a8x2', 'a82', 'x'] } }));
    const widthOf = (text: string) => {
      const item = pages.flat().find((each) => each.text === text);
      return item === undefined ? Number.NaN : item.right - item.left;
    };
    expect(widthOf('a8x2')).toBeCloseTo(widthOf('a82') + widthOf('x'), 1);
  });

  it('puts the amounts in line: figures are of one width, and end at the margin', async () => {
    const { pages } = await read(invoice({ lines: [line('One', 111_111), line('Eight', 888_888)] }));
    const [ones, eights] = ['USD 1,111.11', 'USD 8,888.88'].map((sum) =>
      pages.flat().find(({ text }) => text === sum),
    );
    expect(ones?.left).toBeCloseTo(eights?.left ?? 0, 1);
    expect(ones?.right).toBeCloseTo(539.28, 1);
  });

  it('keeps an amount on one line, however large it is', async () => {
    const { pages } = await read(invoice({ lines: [line('Growth', -Number.MAX_SAFE_INTEGER)] }));
    expect(pages.flat().map(({ text }) => text)).toContain('USD -90,071,992,547,409.91');
  });

  it.each([
    ['JPY', 968, 'JPY 968'],
    ['KWD', 16_100, 'KWD 16.100'],
  ])('shows amounts in %s with as many decimals as it has', async (currency, total, shown) => {
    const text = await textOf(invoice({ currency, total, lines: [line('Growth', total)] }));
    expect(text).toContain(`Growth 15 November – 15 December 2026 ${shown} Total ${shown}`);
  });

  it('is a credit note where the invoice is one', async () => {
    const text = await textOf(
      invoice({
        ...{ kind: 'credit_note', number: 'CN-2026-000001', total: -600_000 },
        ...{ credit_applied: 0, amount_due: 0, amount_paid: 0 },
        lines: [{ ...line('Goodwill (INV-2026-000042)', -600_000), kind: 'correction' }],
      }),
    );
    expectInOrder(text, [
      ...['Credit note', 'CN-2026-000001', 'USD 6,000.00 credited', 'Kept as credit'],
      ...['Goodwill (INV-2026-000042)', 'USD -6,000.00', 'Total', 'USD -6,000.00'],
    ]);
    expect(text).not.toContain('Amount due');
  });

  it('points at nothing outside itself, and brings its fonts', async () => {
    const raw = Buffer.from(await renderInvoicePdf(invoice())).toString('latin1');
    expect(raw).not.toMatch(/\/URI|\/Launch|\/JavaScript|\/Annots|\/EmbeddedFile|https?:\/\//);
    expect(raw.match(/\/FontFile2/g)).toHaveLength(2);
  });
});
