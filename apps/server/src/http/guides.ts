import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { guideStyle } from './guide-style.ts';
import { renderGuide } from './render-guide.ts';

const folder = join(import.meta.dirname, '../../../../docs');

/** Every guide, in the order in which the pages list them. A file is served if it is named here, and only then. */
export const guideNames = [
  'quickstart',
  'authentication',
  'activation',
  'client',
  'offline-leases',
  'errors',
  'idempotency',
  'pagination',
  'rate-limits',
  'webhooks',
  'billing',
  'admin-client',
  'operating',
  'deployment',
  'billing-stripe',
] as const;

const styleHash = createHash('sha256').update(guideStyle).digest('base64');
// The pages hold no script and ask for nothing; the one style sheet is let through by its hash.
const contentSecurityPolicy = [
  "default-src 'none'",
  `style-src 'sha256-${styleHash}'`,
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The guides of `docs/` as pages under `/docs/guides/`. The files are read here, once. */
export function registerGuides(app: FastifyInstance): void {
  const sources = new Map(
    ['README', ...guideNames].map((name) => [name, readFileSync(join(folder, `${name}.md`), 'utf8')]),
  );
  const titles = guideNames.map((name) => ({ name, title: titleOf(sources.get(name) ?? '') }));

  app.get('/docs/guides', async (_request, reply) => reply.redirect('/docs/guides/', 301));
  for (const [name, markdown] of sources) {
    let page: string | undefined;
    app.get(`/docs/guides/${name === 'README' ? '' : name}`, async (_request, reply) => {
      page ??= renderGuide({ name, title: titleOf(markdown), markdown, guides: titles });
      return reply
        .header('content-type', 'text/html; charset=utf-8')
        .header('content-security-policy', contentSecurityPolicy)
        .header('x-content-type-options', 'nosniff')
        .header('referrer-policy', 'no-referrer')
        .send(page);
    });
  }
}

const titleOf = (markdown: string): string => markdown.match(/^# (.+)$/m)?.[1] ?? '';
