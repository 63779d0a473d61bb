import Fastify, { type FastifyInstance } from 'fastify';
import { registerGuides } from './guides.ts';
import { buildOpenApiDocument } from './openapi/build-document.ts';

// Whatever the page's library may want: nothing is fetched from, or sent to, another host.
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self' 'unsafe-inline'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

// Above the reference, also where no script runs. The variable tells the reference how much room that takes.
const guidesBar = `<style>
:root { --scalar-custom-header-height: 40px; }
.guides-bar { position: sticky; top: 0; z-index: 100; display: flex; gap: 24px; align-items: center; height: 40px; padding: 0 16px;
  font: 14px system-ui, sans-serif; color: CanvasText; background: Canvas; border-bottom: 1px solid #8884; color-scheme: light dark; }
.guides-bar a { color: LinkText; }
</style>
<nav class="guides-bar" aria-label="Documentation"><b>API reference</b> <a href="/docs/guides/">Guides</a></nav>`;

/** The OpenAPI document, pages that show it at `/docs`, and the guides at `/docs/guides/`, all from this server. */
export async function registerDocs(app: FastifyInstance): Promise<void> {
  const document = JSON.stringify(buildOpenApiDocument());
  app.get('/api/v1/openapi.json', async (_request, reply) => {
    reply
      .header('content-type', 'application/json; charset=utf-8')
      .header('access-control-allow-origin', '*');
    return document;
  });
  registerGuides(app);

  let pages: Promise<FastifyInstance> | undefined;
  for (const url of ['/docs', '/docs/*']) {
    app.get(url, async (request, reply) => {
      pages ??= openPages();
      const page = await (await pages).inject({ method: 'GET', url: request.url });
      if (page.statusCode === 404) return reply.callNotFound();
      for (const [name, value] of Object.entries(page.headers)) {
        if (name !== 'date' && name !== 'connection' && value !== undefined) reply.header(name, value);
      }
      return reply.status(page.statusCode).send(page.rawPayload);
    });
  }
  app.addHook('onClose', async () => void (await (await pages)?.close()));
}

/** The pages of the reference, in an app of their own that does not listen: it takes 25 MB, and most servers never show it. */
async function openPages(): Promise<FastifyInstance> {
  const pages = Fastify();
  pages.addHook('onSend', async (_request, reply, payload) => {
    reply.header('content-security-policy', contentSecurityPolicy);
    const isPage = typeof payload === 'string' && payload.includes('</html>');
    return isPage ? payload.replace(/<body[^>]*>/, (body) => `${body}\n${guidesBar}`) : payload;
  });
  await pages.register((await import('@scalar/fastify-api-reference')).default, {
    routePrefix: '/docs',
    configuration: {
      url: '/api/v1/openapi.json',
      pageTitle: 'ThriveTech Platform API',
      withDefaultFonts: false,
      telemetry: false,
      showDeveloperTools: 'never',
      hideClientButton: true,
      agent: { disabled: true },
      mcp: { disabled: true },
    },
  });
  await pages.ready();
  return pages;
}
