import type { IncomingMessage } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { readJsonBody } from './read-body.ts';

const mediaType = /^[\w.+-]+\/[\w.+-]+\s*(;.*)?$/;

/**
 * Reads every body, of every media type and at every path, in one way. What is wrong with it is kept as a value: who
 * has no key, or asks for nothing that exists, is told that first.
 */
export function registerJsonBodies(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    // Fastify refuses a malformed media type before anything else; as an unknown one it waits for its turn.
    const { headers } = request.raw;
    const given = headers['content-type'];
    if (given !== undefined && !mediaType.test(given)) headers['content-type'] = 'application/octet-stream';
    done();
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (request: FastifyRequest, payload: IncomingMessage) =>
    readJsonBody(payload, request.headers['content-type'], () => {
      request.notes.mustClose = true;
    }),
  );
}
