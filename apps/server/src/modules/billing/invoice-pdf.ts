import type { Invoice } from '@thrivetech/contracts';
import { type Cell, type Column, Sheet, type Text, whole } from './invoice-pdf-sheet.ts';
import type { Style } from './invoice-pdf-text.ts';
import { dayOf, periodOf, standingOf } from './invoice-pdf-words.ts';
import { formatMoney } from './money.ts';

/**
 * An invoice or credit note as a PDF file, made from the invoice alone: no clock, no database, no network, so the same
 * invoice gives the same bytes for ever. The font has Latin, Greek and Cyrillic letters; each letter of another script,
 * such as Chinese or Arabic, and each emoji becomes a `□`, on the page and in its text.
 */
export function renderInvoicePdf(invoice: Invoice): Promise<Uint8Array> {
  const title = invoice.number ?? invoice.id;
  const at = new Date(invoice.finalized_at ?? invoice.created_at);
  const sheet = new Sheet({ title, author: invoice.seller.name, at });
  writeHead(sheet, invoice);
  writeStanding(sheet, invoice);
  const table = tableOf(sheet, invoice);
  writeLines(sheet, invoice, table);
  writeTotals(sheet, invoice, table);
  return sheet.finish(title);
}

const gutter = 16;
const half = (whole.width - gutter) / 2;

const cell = (column: Column, text: string, style: Style): Cell => ({ ...column, texts: [{ text, style }] });

const party = (column: Column, { name, lines }: Invoice['seller']): Cell => ({
  ...column,
  texts: [{ text: name, style: 'strong' }, ...lines.map((text): Text => ({ text, style: 'faint' }))],
});

function writeHead(sheet: Sheet, invoice: Invoice): void {
  const { kind, number, finalized_at, seller, buyer } = invoice;
  const left: Column = { x: whole.x, width: half };
  const right: Column = { x: whole.x + half + gutter, width: half, align: 'right' };
  const facts: Text[] = [];
  if (number !== null) facts.push({ name: 'Number', text: number, style: 'text' });
  if (finalized_at !== null) facts.push({ name: 'Issued', text: dayOf(finalized_at), style: 'text' });
  facts.push({ name: 'Period', text: periodOf(invoice), style: 'text' });

  sheet.row([cell(left, kind === 'credit_note' ? 'Credit note' : 'Invoice', 'title')]);
  sheet.space(8);
  sheet.row([{ ...left, texts: facts }, party(right, seller)]);
  sheet.space(24);
  sheet.row([cell(left, 'Billed to', 'label')]);
  sheet.row([party(left, buyer)]);
  sheet.space(30);
}

function writeStanding(sheet: Sheet, invoice: Invoice): void {
  const { headline, note } = standingOf(invoice);
  sheet.row([cell(whole, headline, 'headline')]);
  if (note !== null) sheet.row([cell(whole, note, 'faint')]);
  sheet.space(22);
}

interface Table {
  readonly description: Column;
  readonly period: Column;
  readonly amount: Column;
}

/** No amount and no period is ever wrapped: the descriptions have the width that they leave. */
function tableOf(sheet: Sheet, { currency, lines, ...invoice }: Invoice): Table {
  const sums = [invoice.total, 0 - invoice.credit_applied, invoice.amount_due, invoice.amount_paid];
  const amounts = [...lines.map(({ amount }) => amount), ...sums].map((sum) => formatMoney(sum, currency));
  const amountWidth = Math.max(72, sheet.widthOf(amounts, 'text'), sheet.widthOf(amounts, 'strong'));
  const periodWidth = Math.max(96, sheet.widthOf(lines.map(periodOf), 'faint'));
  const amount: Column = { x: whole.x + whole.width - amountWidth, width: amountWidth, align: 'right' };
  const period: Column = { x: amount.x - gutter - periodWidth, width: periodWidth };
  return { amount, period, description: { x: whole.x, width: period.x - gutter - whole.x } };
}

function writeTableHead(sheet: Sheet, { description, period, amount }: Table): void {
  sheet.row([
    cell(description, 'Description', 'label'),
    cell(period, 'Period', 'label'),
    cell(amount, 'Amount', 'label'),
  ]);
  sheet.space(5);
  sheet.rule();
  sheet.space(8);
}

function writeLines(sheet: Sheet, { currency, lines }: Invoice, table: Table): void {
  // Never the head alone at the foot of a page.
  sheet.keep(80);
  writeTableHead(sheet, table);
  sheet.onNewPage = () => writeTableHead(sheet, table);
  for (const line of lines) {
    sheet.row([
      cell(table.description, line.description, 'text'),
      cell(table.period, periodOf(line), 'faint'),
      cell(table.amount, formatMoney(line.amount, currency), 'text'),
    ]);
    sheet.space(6);
  }
  sheet.onNewPage = () => undefined;
}

function writeTotals(sheet: Sheet, invoice: Invoice, { period, amount }: Table): void {
  const { kind, currency, total, credit_applied, amount_due, amount_paid } = invoice;
  const isCredit = kind === 'credit_note';
  const rows: [name: string, sum: number, style: Style][] = [['Total', total, isCredit ? 'strong' : 'text']];
  if (credit_applied > 0) rows.push(['Credit applied', 0 - credit_applied, 'text']);
  if (!isCredit) rows.push(['Amount due', amount_due, 'strong'], ['Amount paid', amount_paid, 'text']);

  sheet.keep(12 + rows.length * 18);
  sheet.space(2);
  sheet.rule();
  sheet.space(10);
  for (const [name, sum, style] of rows) {
    sheet.row([cell(period, name, style), cell(amount, formatMoney(sum, currency), style)]);
    sheet.space(4);
  }
}
