import type { FastifyInstance } from 'fastify';

const daySeconds = 86_400;
/** What web pages of any origin may ask: the four calls of apps, and the keys that verify their answers. */
const openPaths = ['/api/v1/activate', '/api/v1/activate/:call', '/.well-known/thrive-keys.json'] as const;
const isOpen = (url: string): boolean =>
  /^\/api\/v1\/activate(?:\/(?:validate|deactivate|trial))?(?:\?|$)|^\/\.well-known\/thrive-keys\.json/.test(
    url,
  );

/**
 * Lets apps that are web pages make the four calls (CORS). Any origin may: a channel key is no secret, no cookie counts
 * here, and what protects a license is its license key. Management stays closed to browsers, where an admin key has no place.
 */
export function allowCrossOrigin(app: FastifyInstance): void {
  app.addHook('onRequest', (request, reply, done) => {
    if (request.headers.origin !== undefined && isOpen(request.url)) {
      reply.header('access-control-allow-origin', '*');
      reply.header('access-control-expose-headers', 'x-request-id, retry-after');
    }
    done();
  });
  for (const path of openPaths) {
    app.options(path, async (request, reply) => {
      if (!isOpen(request.url)) return reply.callNotFound();
      return reply
        .header('access-control-allow-methods', 'GET, POST')
        .header('access-control-allow-headers', 'authorization, content-type, idempotency-key, x-request-id')
        .header('access-control-max-age', daySeconds)
        .send('');
    });
  }
}
