import { createRequire } from 'node:module';
import type { Invoice, InvoiceLine } from '@thrivetech/contracts';
import PDFDocument from 'pdfkit';
import { formatMoney } from './money.ts';

const require = createRequire(import.meta.url);
const fonts = {
  regular: require.resolve('@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf'),
  strong: require.resolve('@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf'),
} as const;

const page = { width: 595.28, height: 841.89, margin: 56 } as const;
const right = page.width - page.margin;
const columns = { description: page.margin, period: 286, amount: 436 } as const;
const size = { title: 22, text: 9.5, small: 8 } as const;
const ink = '#16181d';
const faint = '#6b7280';
const rule = '#d8dbe0';
/** Below this nothing is written but the number of the page. */
const bottom = page.height - 88;

/**
 * An invoice or credit note as a PDF file, made from the invoice alone: no clock, no database, no network, so the same
 * invoice gives the same bytes for ever. The font has Latin, Greek and Cyrillic letters; for a character that it lacks it
 * draws its sign for a missing one, so nothing vanishes silently.
 */
export async function renderInvoicePdf(invoice: Invoice): Promise<Uint8Array> {
  const title = invoice.number ?? invoice.id;
  const issued = new Date(invoice.finalized_at ?? invoice.created_at);
  const document = new PDFDocument({
    size: 'A4',
    margins: { top: page.margin, left: page.margin, right: page.margin, bottom: 0 },
    bufferPages: true,
    info: { Title: title, Author: invoice.seller.name, CreationDate: issued, ModDate: issued },
  });
  for (const [name, file] of Object.entries(fonts)) document.registerFont(name, file);

  const sheet = new Sheet(document);
  writeHead(sheet, invoice, issued);
  writeLines(sheet, invoice);
  writeTotals(sheet, invoice);
  numberPages(document, title);

  const chunks: Buffer[] = [];
  document.on('data', (chunk: Buffer) => chunks.push(chunk));
  const ended = new Promise<void>((resolve) => document.on('end', resolve));
  document.end();
  await ended;
  return Buffer.concat(chunks);
}

interface Style {
  readonly font?: keyof typeof fonts;
  readonly size?: number;
  readonly color?: string;
  readonly align?: 'left' | 'right';
}

/** Figures of one width, so that amounts stand in line. */
const setting: PDFKit.Mixins.TextOptions = { lineGap: 2.5, features: ['tnum'] };
const periodWidth = columns.amount - columns.period - 8;

/** A page that is written from top to bottom. */
class Sheet {
  readonly document: PDFKit.PDFDocument;
  y: number = page.margin;

  constructor(document: PDFKit.PDFDocument) {
    this.document = document;
  }

  /** Writes a text into a column at the present height. @returns how high it is. */
  text(content: string, x: number, width: number, style: Style = {}): number {
    const { font = 'regular', size: fontSize = size.text, color = ink, align = 'left' } = style;
    const options = { ...setting, width, align };
    this.document.font(font).fontSize(fontSize).fillColor(color);
    this.document.text(content, x, this.y, options);
    return this.document.heightOfString(content, options);
  }

  height(content: string, width: number): number {
    return this.document
      .font('regular')
      .fontSize(size.text)
      .heightOfString(content, { ...setting, width });
  }

  rule(): void {
    this.document.moveTo(page.margin, this.y).lineTo(right, this.y).lineWidth(0.6).strokeColor(rule).stroke();
  }

  newPage(): void {
    this.document.addPage();
    this.y = page.margin;
  }
}

function writeHead(sheet: Sheet, invoice: Invoice, issued: Date): void {
  const half = (right - page.margin) / 2;
  const top = sheet.y;
  sheet.y += sheet.text(invoice.kind === 'credit_note' ? 'Credit note' : 'Invoice', page.margin, half, {
    ...{ font: 'strong', size: size.title },
  });
  sheet.y += 6;
  const facts = [
    ['Number', invoice.number ?? 'draft'],
    ['Issued', dayOf(issued)],
    ['Period', periodOf(invoice.period_start, invoice.period_end)],
  ] as const;
  for (const [name, value] of facts) {
    sheet.text(name, page.margin, 50, { color: faint });
    sheet.y += sheet.text(value, page.margin + 56, half - 56);
  }
  const left = sheet.y;

  sheet.y = top + 5;
  writeParty(sheet, invoice.seller, page.margin + half, half, 'right');
  sheet.y = Math.max(left, sheet.y) + 28;
  sheet.y += sheet.text('Billed to', page.margin, half, { color: faint, size: size.small });
  writeParty(sheet, invoice.buyer, page.margin, half, 'left');
  sheet.y += 26;
}

function writeParty(
  sheet: Sheet,
  party: Invoice['buyer'],
  x: number,
  width: number,
  align: 'left' | 'right',
): void {
  sheet.y += sheet.text(party.name, x, width, { font: 'strong', align });
  for (const line of party.lines) sheet.y += sheet.text(line, x, width, { color: faint, align });
}

function writeTableHead(sheet: Sheet): void {
  const style = { color: faint, size: size.small };
  sheet.text('Description', columns.description, 200, style);
  sheet.text('Period', columns.period, 110, style);
  sheet.y += sheet.text('Amount', columns.amount, right - columns.amount, { ...style, align: 'right' });
  sheet.y += 4;
  sheet.rule();
  sheet.y += 8;
}

function writeLines(sheet: Sheet, invoice: Invoice): void {
  writeTableHead(sheet);
  const wide = columns.period - columns.description - 16;
  for (const line of invoice.lines) {
    const height = Math.max(
      sheet.height(line.description, wide),
      sheet.height(periodText(line), periodWidth),
    );
    if (sheet.y + height > bottom) {
      sheet.newPage();
      writeTableHead(sheet);
    }
    sheet.text(line.description, columns.description, wide);
    sheet.text(periodText(line), columns.period, periodWidth, { color: faint });
    sheet.text(formatMoney(line.amount, invoice.currency), columns.amount, right - columns.amount, {
      align: 'right',
    });
    sheet.y += height + 7;
  }
}

function writeTotals(sheet: Sheet, invoice: Invoice): void {
  const money = (amount: number) => formatMoney(amount, invoice.currency);
  const rows: [name: string, amount: string, isStrong: boolean][] = [
    ['Total', money(invoice.total), true],
    ...(invoice.credit_applied > 0
      ? [['Paid out of credit', money(0 - invoice.credit_applied), false] as [string, string, boolean]]
      : []),
    ...(invoice.kind === 'credit_note'
      ? []
      : [
          ['Amount due', money(invoice.amount_due), false] as [string, string, boolean],
          ['Amount paid', money(invoice.amount_paid), false] as [string, string, boolean],
        ]),
  ];
  if (sheet.y + rows.length * 18 + 50 > bottom) sheet.newPage();
  sheet.y += 2;
  sheet.rule();
  sheet.y += 10;
  for (const [name, amount, isStrong] of rows) {
    const font = isStrong ? 'strong' : 'regular';
    sheet.text(name, columns.period, columns.amount - columns.period, { font });
    sheet.y += sheet.text(amount, columns.amount, right - columns.amount, { font, align: 'right' }) + 4;
  }
  sheet.y += 16;
  sheet.text(statusOf(invoice), page.margin, right - page.margin, { font: 'strong' });
}

function statusOf(invoice: Invoice): string {
  if (invoice.kind === 'credit_note') return 'This amount is kept as credit for coming invoices.';
  switch (invoice.status) {
    case 'paid':
      return invoice.paid_at === null ? 'Paid.' : `Paid on ${dayOf(new Date(invoice.paid_at))}.`;
    case 'void':
      return 'Void: nothing is to be paid.';
    case 'uncollectible':
      return 'Not paid, and no longer asked for.';
    default:
      return 'Due now.';
  }
}

function numberPages(document: PDFKit.PDFDocument, title: string): void {
  const { count } = document.bufferedPageRange();
  for (let index = 0; index < count; index += 1) {
    document.switchToPage(index);
    document.font('regular').fontSize(size.small).fillColor(faint);
    const y = page.height - 48;
    document.text(title, page.margin, y, { width: 300, lineBreak: false });
    const number = `Page ${index + 1} of ${count}`;
    document.text(number, right - 120, y, { width: 120, align: 'right', lineBreak: false });
  }
}

const months = [
  ...['January', 'February', 'March', 'April', 'May', 'June'],
  ...['July', 'August', 'September', 'October', 'November', 'December'],
];

/** `26 January 2026`, in UTC and the same on every machine. */
const dayOf = (at: Date): string => `${at.getUTCDate()} ${months[at.getUTCMonth()]} ${at.getUTCFullYear()}`;

const shortDayOf = (time: string): string => {
  const at = new Date(time);
  return `${at.getUTCDate()} ${months[at.getUTCMonth()]?.slice(0, 3)} ${at.getUTCFullYear()}`;
};
const periodOf = (start: string, end: string): string => `${shortDayOf(start)} – ${shortDayOf(end)}`;
const periodText = ({ period_start, period_end }: InvoiceLine): string => periodOf(period_start, period_end);
