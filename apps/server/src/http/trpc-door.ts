import { fastifyRequestHandler } from '@trpc/server/adapters/fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AppRouter } from '../app-router.ts';
import { toAppError } from '../trpc/errors.ts';
import type { CallContext } from '../trpc/init.ts';
import { UnreadableInput } from '../trpc/unreadable-input.ts';
import { statusOfError } from './envelope.ts';
import type { JsonBody } from './read-body.ts';

/** Calls that one batch may hold. */
const batchSizeMax = 20;

/**
 * The tRPC door: tRPC's own protocol by its own handler. Bodies are read as on the REST door, so that both refuse the
 * same things in the same order.
 */
export function trpcDoor(
  app: FastifyInstance,
  options: {
    router: AppRouter;
    createContext: (request: FastifyRequest, unreadable: UnreadableInput | undefined) => CallContext;
  },
): void {
  const { router, createContext } = options;

  app.route<{ Params: { path: string } }>({
    method: ['GET', 'POST'],
    url: '/:path',
    exposeHeadRoute: false,
    handler: async (request, reply) => {
      const body = request.body as JsonBody | undefined | UnreadableInput;
      const unreadable = body instanceof UnreadableInput ? body : undefined;
      if (request.method === 'POST') {
        request.raw.headers['content-type'] = 'application/json';
        // The text itself: writing it anew would make `null` of a number that JSON cannot hold.
        request.body = body && !(body instanceof UnreadableInput) ? body.text : '{}';
      }
      await fastifyRequestHandler<AppRouter, FastifyRequest, typeof reply>({
        router,
        req: request,
        res: reply,
        path: request.params.path,
        maxBatchSize: batchSizeMax,
        createContext: () => createContext(request, unreadable),
        // tRPC has statuses of its own for what it refuses itself; ours are the table of the API.
        responseMeta: ({ errors: [error, ...others] }) =>
          error && others.length === 0 ? { status: statusOfError(toAppError(error).code) } : {},
      });
      return reply;
    },
  });
}
