import PDFDocument from 'pdfkit';
import { type Style, styles, Typesetter } from './invoice-pdf-text.ts';

const paper = { width: 595.28, height: 841.89, margin: 56 } as const;
/** Below this nothing is written but the number of the page. */
const bottom = paper.height - 84;
const footer = paper.height - 44;
/** From the name of a text to the text. */
const nameWidth = 48;

export interface Column {
  readonly x: number;
  /** In points, as everything here. */
  readonly width: number;
  readonly align?: 'left' | 'right';
}
export const whole: Column = { x: paper.margin, width: paper.width - 2 * paper.margin };

/** Texts below each other in a column, wrapped to its width. One that has a name is set in, and follows it. */
export interface Cell extends Column {
  readonly texts: readonly Text[];
}
export interface Text {
  readonly text: string;
  readonly style: Style;
  readonly name?: string;
}

/** Pages that are written from top to bottom. Nothing is drawn over anything else, however long a text is. */
export class Sheet {
  readonly #document: PDFKit.PDFDocument;
  readonly #typesetter: Typesetter;
  #y: number = paper.margin;
  /** Begins each page after the first, such as with the head of a table. */
  onNewPage: () => void = () => undefined;

  constructor(info: { title: string; author: string; at: Date }) {
    const { title: Title, author: Author, at } = info;
    this.#document = new PDFDocument({
      ...{ size: 'A4', margin: 0, bufferPages: true, lang: 'en', displayTitle: true },
      info: { Title, Author, CreationDate: at, ModDate: at },
    });
    this.#typesetter = new Typesetter(this.#document);
  }

  /** Writes cells side by side: on one page, unless they are higher than one. */
  row(cells: readonly Cell[]): void {
    const columns = cells.map((cell) => ({ cell, lines: this.#linesOf(cell) }));
    const leading = Math.max(
      ...cells.flatMap(({ texts }) => texts.map(({ style }) => styles[style].leading)),
    );
    const depth = Math.max(...columns.map(({ lines }) => lines.length));
    if (depth * leading <= (bottom - paper.margin) * 0.8) this.keep(depth * leading);
    for (let from = 0; from < depth; ) {
      this.keep(leading);
      const to = from + Math.max(1, Math.floor((bottom - this.#y) / leading));
      // Column by column, as it is to be read.
      for (const { cell, lines } of columns) {
        lines.slice(from, to).forEach((line, index) => {
          this.#draw(line, cell, this.#y + (index + 0.75) * leading);
        });
      }
      this.#y += (Math.min(to, depth) - from) * leading;
      from = to;
    }
  }

  /** Begins a new page unless so many points are left on this one. */
  keep(height: number): void {
    if (this.#y + height <= bottom) return;
    this.#document.addPage();
    this.#y = paper.margin;
    this.onNewPage();
  }

  space(height: number): void {
    this.#y += height;
  }

  rule(): void {
    this.#document.moveTo(whole.x, this.#y).lineTo(whole.x + whole.width, this.#y);
    this.#document.lineWidth(0.6).strokeColor('#d8dbe0').stroke();
  }

  /** How wide the widest of some texts is on one line. */
  widthOf(texts: readonly string[], style: Style): number {
    return Math.max(0, ...texts.map((text) => this.#typesetter.widthOf(text, style)));
  }

  /** Numbers the pages. @returns the file. */
  async finish(title: string): Promise<Uint8Array> {
    const { count } = this.#document.bufferedPageRange();
    for (let index = 0; index < count; index += 1) {
      this.#document.switchToPage(index);
      const number = `Page ${index + 1} of ${count}`;
      this.#draw({ text: title, style: 'label' }, whole, footer);
      this.#draw({ text: number, style: 'label' }, { ...whole, align: 'right' }, footer);
    }
    const chunks: Buffer[] = [];
    this.#document.on('data', (chunk: Buffer) => chunks.push(chunk));
    const ended = new Promise<void>((resolve) => this.#document.on('end', resolve));
    this.#document.end();
    await ended;
    return Buffer.concat(chunks);
  }

  #linesOf({ texts, width }: Cell): Text[] {
    return texts.flatMap(({ text, style, name }) =>
      this.#typesetter
        .wrap(text, name === undefined ? width : width - nameWidth, style)
        .map((line, index) => ({
          ...{ text: line, style },
          ...(name === undefined ? {} : { name: index === 0 ? name : '' }),
        })),
    );
  }

  #draw({ text, style, name }: Text, { x, width, align }: Column, baseline: number): void {
    if (name !== undefined) this.#typesetter.write(name, 'faint', { x, baseline });
    const indent = name === undefined ? 0 : nameWidth;
    const left = align === 'right' ? x + width - this.#typesetter.widthOf(text, style) : x + indent;
    this.#typesetter.write(text, style, { x: left, baseline });
  }
}
