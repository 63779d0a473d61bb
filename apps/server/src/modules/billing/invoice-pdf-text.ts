import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const fonts = {
  regular: require.resolve('@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf'),
  strong: require.resolve('@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf'),
} as const;

const ink = '#16181d';
const faint = '#626976';
/** All sizes there are, in points; `leading` is from one line to the next. */
export const styles = {
  title: { font: 'strong', size: 22, leading: 28, color: ink },
  headline: { font: 'strong', size: 13, leading: 19, color: ink },
  text: { font: 'regular', size: 9.5, leading: 14, color: ink },
  strong: { font: 'strong', size: 9.5, leading: 14, color: ink },
  faint: { font: 'regular', size: 9.5, leading: 14, color: faint },
  label: { font: 'regular', size: 8, leading: 12, color: faint },
} as const;
export type Style = keyof typeof styles;

/** What stands for a letter that the font lacks. */
const missing = '□';
/** A letter with the marks on it. */
const letters = /\P{M}\p{M}*|\p{M}+/gu;

/** Measures, wraps and writes single lines of text in a document. */
export class Typesetter {
  readonly #document: PDFKit.PDFDocument;
  readonly #isKnown: (letter: string) => boolean;

  constructor(document: PDFKit.PDFDocument) {
    for (const [name, file] of Object.entries(fonts)) {
      document.registerFont(name, file).font(name);
      setFigures(embedded(document));
    }
    const font = embedded(document);
    this.#document = document;
    this.#isKnown = (letter) => font.hasGlyphForCodePoint(letter.codePointAt(0) ?? 0);
  }

  write(line: string, style: Style, place: { x: number; baseline: number }): void {
    this.#set(style).fillColor(styles[style].color);
    this.#document.text(line, place.x, place.baseline, { baseline: 'alphabetic', lineBreak: false });
  }

  /** How wide a line is, in points. */
  widthOf(line: string, style: Style): number {
    return this.#set(style).widthOfString(line);
  }

  /** The lines of a text in a column so many points wide. A word that is wider is cut. */
  wrap(text: string, width: number, style: Style): string[] {
    const lines: string[] = [];
    let line = '';
    for (const word of this.#drawable(text).split(' ')) {
      const longer = line === '' ? word : `${line} ${word}`;
      if (this.widthOf(longer, style) <= width) line = longer;
      else {
        if (line !== '') lines.push(line);
        const pieces = this.#cut(word, width, style);
        line = pieces.pop() ?? '';
        lines.push(...pieces);
      }
    }
    return [...lines, line];
  }

  #cut(word: string, width: number, style: Style): string[] {
    if (this.widthOf(word, style) <= width) return [word];
    const pieces: string[] = [];
    let piece = '';
    for (const letter of word.match(letters) ?? []) {
      if (piece !== '' && this.widthOf(piece + letter, style) > width) {
        pieces.push(piece);
        piece = '';
      }
      piece += letter;
    }
    return [...pieces, piece];
  }

  /** A text of letters that the font has, on one line, without marks that nobody sees but that turn text around. */
  #drawable(text: string): string {
    return text
      .normalize('NFC')
      .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
      .replace(/[\s\p{Cc}]+/gu, ' ')
      .replace(letters, (letter) => ([...letter].every(this.#isKnown) ? letter : missing))
      .trim();
  }

  #set(style: Style): PDFKit.PDFDocument {
    const { font, size } = styles[style];
    return this.#document.font(font).fontSize(size);
  }
}

interface EmbeddedFont {
  hasGlyphForCodePoint(codePoint: number): boolean;
  layout(text: string, features?: Record<string, boolean>): unknown;
}

/** The font that is set now. pdfkit has no public way to it. */
const embedded = (document: PDFKit.PDFDocument): EmbeddedFont =>
  (document as unknown as { _font: { font: EmbeddedFont } })._font.font;

/** A word as pdfkit lays it out, with the space after it. */
const amount = /^-?[\d.,]+ ?$/;

/**
 * Figures of one width, so that amounts stand in line, but not in an id, whose hyphens they would set apart; and no
 * `calt`, by which Inter shows the `8x2` of an id as `8×2`. Said here once for a font, because pdfkit lays each word out
 * again and again where a text has features of its own.
 */
function setFigures(font: EmbeddedFont): void {
  const layout = font.layout.bind(font);
  // Not one object for all: fontkit writes into it.
  font.layout = (word) => layout(word, { ...(amount.test(word) && { tnum: true }), calt: false });
}
