import { Marked, type Tokens } from 'marked';
import { guideStyle } from './guide-style.ts';

interface Guide {
  /** File name without `.md`; `README` is the index. */
  readonly name: string;
  readonly title: string;
  readonly markdown: string;
  /** All guides, for the list on every page. */
  readonly guides: readonly { readonly name: string; readonly title: string }[];
}

/**
 * A guide as a whole page, readable without script or network. Markdown is parsed by `marked`: it knows the tables that
 * forges show, is well kept, and has no dependencies.
 */
export function renderGuide({ name, title, markdown, guides }: Guide): string {
  const headings: { id: string; text: string }[] = [];
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth }) {
        const text = plainText(tokens);
        const id = uniqueId(slugOf(text), headings);
        headings.push({ id, text });
        const inner = this.parser.parseInline(tokens);
        if (depth === 1) return `<h1 id="${id}">${inner}</h1>\n`;
        const label = escapeHtml(`Link to “${text}”`);
        return `<h${depth} id="${id}">${inner} <a class="anchor" href="#${id}" aria-label="${label}">#</a></h${depth}>\n`;
      },
      link({ href, tokens }) {
        return `<a href="${escapeHtml(pageOf(href))}">${this.parser.parseInline(tokens)}</a>`;
      },
      // A wide table or listing scrolls by itself, also with the keyboard, and never moves the page.
      table(token) {
        const row = (cells: Tokens.TableCell[], tag: 'th' | 'td') =>
          `<tr>${cells.map((cell) => cellOf(tag, this.parser.parseInline(cell.tokens))).join('')}</tr>`;
        const head = row(token.header, 'th');
        const body = token.rows.map((cells) => row(cells, 'td')).join('\n');
        const label = escapeHtml(headings.at(-1)?.text ?? title);
        return `<div class="scroll" role="region" aria-label="Table: ${label}" tabindex="0"><table><thead>${head}</thead><tbody>\n${body}\n</tbody></table></div>\n`;
      },
      code({ text, lang = '' }) {
        const picture = lang.match(/^text picture: (.+)$/)?.[1];
        const inner = escapeHtml(text);
        if (picture === undefined) {
          const label = `Code: ${headings.at(-1)?.text ?? title}`;
          return `<pre role="region" aria-label="${escapeHtml(label)}" tabindex="0"><code>${inner}</code></pre>\n`;
        }
        const label = escapeHtml(picture);
        return `<figure><div class="scroll" role="region" aria-label="${label}" tabindex="0"><pre class="picture" aria-hidden="true">${inner}</pre></div><figcaption>${label}</figcaption></figure>\n`;
      },
      // No guide needs HTML of its own; what looks like it is text.
      html: ({ text }) => escapeHtml(text),
    },
  });
  const content = marked.parse(markdown, { async: false });
  const sections =
    name === 'README' ? [] : headings.slice(1).filter(({ id }) => content.includes(`<h2 id="${id}"`));

  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)} · ThriveTech Platform</title>
<link rel="icon" href="data:,">
<style>${guideStyle}</style>
</head>
<body>
<a class="skip" href="#content">Skip to the text</a>
<header><a class="home" href="/docs/guides/">ThriveTech Platform guides</a> <a href="/docs/">API reference</a></header>
<div class="columns">
<nav aria-label="Guides">
<ul>
${guides.map((guide) => listed(guide, name)).join('\n')}
</ul>
</nav>
<main id="content">
${withContents(content, sections)}
</main>
</div>
</body>
</html>
`;
}

function listed(guide: { name: string; title: string }, current: string): string {
  const mark = guide.name === current ? ' aria-current="page"' : '';
  return `<li><a href="/docs/guides/${guide.name}"${mark}>${escapeHtml(guide.title)}</a></li>`;
}

/** The sections of a long guide, listed before the first of them. */
function withContents(content: string, sections: readonly { id: string; text: string }[]): string {
  if (sections.length < 4) return content;
  const items = sections.map(({ id, text }) => `<li><a href="#${id}">${escapeHtml(text)}</a></li>`).join('');
  const list = `<details class="contents"><summary>On this page</summary><ul>${items}</ul></details>\n`;
  return content.replace('<h2', () => `${list}<h2`);
}

const cellOf = (tag: 'th' | 'td', inner: string): string =>
  tag === 'th' ? `<th scope="col">${inner}</th>` : `<td>${inner}</td>`;

/** `errors.md#all-codes` leads to a file on a forge, and to a page here. */
const pageOf = (href: string): string =>
  href.replace(
    /^([a-z-]+|README)\.md(?=#|$)/,
    (_match, name: string) => `/docs/guides/${name === 'README' ? '' : name}`,
  );

/** The anchor that forges give a heading too. */
const slugOf = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-');

function uniqueId(slug: string, taken: readonly { id: string }[]): string {
  let id = slug;
  for (let n = 1; taken.some((heading) => heading.id === id); n++) id = `${slug}-${n}`;
  return id;
}

const plainText = (tokens: readonly { type: string; text?: string; tokens?: readonly object[] }[]): string =>
  tokens
    .map((token) =>
      token.tokens ? plainText(token.tokens as Parameters<typeof plainText>[0]) : (token.text ?? ''),
    )
    .join('');

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (sign) => entities[sign] ?? sign);
