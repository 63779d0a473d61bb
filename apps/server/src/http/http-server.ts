import Fastify, {
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  LogController,
} from 'fastify';
import type { Registry } from 'prom-client';
import type { AppRouter } from '../app-router.ts';
import { AppError } from '../platform/app-error.ts';
import type { Clock } from '../platform/clock.ts';
import type { NewId } from '../platform/ids.ts';
import type { Logger } from '../platform/logger.ts';
import type { RateLimiter } from '../platform/rate-limit/rate-limiter.ts';
import type { Tracing } from '../platform/tracing.ts';
import type { CallContext } from '../trpc/init.ts';
import type { UnreadableInput } from '../trpc/unreadable-input.ts';
import { addressRate, registerAnswerHeaders } from './answer-headers.ts';
import { answerBrokenRequest } from './broken-request.ts';
import { allowCrossOrigin } from './cross-origin.ts';
import { registerDocs } from './docs.ts';
import { errorEnvelope, statusOfError } from './envelope.ts';
import { registerHealth } from './health.ts';
import { registerJsonBodies } from './json-bodies.ts';
import { registerMetrics } from './metrics.ts';
import { type HearProvider, registerPaymentNotices } from './payment-notices.ts';
import { restDoor } from './rest-door.ts';
import { traceRequests } from './trace-requests.ts';
import { trpcDoor } from './trpc-door.ts';

const requestIdPattern = /^[A-Za-z0-9_-]{8,64}$/;

export interface HttpServerOptions {
  router: AppRouter;
  log: Logger;
  clock: Clock;
  newId: NewId;
  limiter: RateLimiter;
  unauthenticatedPerMinute: number;
  isReady: () => Promise<boolean>;
  publishedKeys: () => Promise<unknown>;
  metrics: Registry;
  hearProvider: HearProvider;
  tracing: Tracing;
}

/** Both doors, documents, health and metrics in one Fastify app that does not listen yet. */
export async function createHttpServer(options: HttpServerOptions): Promise<FastifyInstance> {
  const { router, log, clock, newId, limiter, unauthenticatedPerMinute } = options;

  const rateOf = addressRate({ limiter, clock, unauthenticatedPerMinute });
  const app = Fastify({
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    // A tRPC batch names all its calls in the path.
    routerOptions: { maxParamLength: 5000 },
    // A request without a Host or with an odd Expect is answered like any other.
    http: { requireHostHeader: false },
    clientErrorHandler: (error, socket) => void answerBrokenRequest(error, socket, { newId, clock, rateOf }),
    genReqId: (request) => {
      const given = request.headers['x-request-id'];
      return typeof given === 'string' && requestIdPattern.test(given)
        ? given
        : newId('request', clock.now());
    },
    frameworkErrors: async (error, request, reply) => {
      await writeAnswerHeaders(request, reply);
      return sendError(toRequestError(error), request, reply);
    },
    // A closing server finishes what it has begun and refuses nothing half-way.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
  });

  const sendError = (error: AppError, request: FastifyRequest, reply: FastifyReply) =>
    reply.status(statusOfError(error.code)).send(errorEnvelope(error, request.id, clock.now()));

  const createContext = (request: FastifyRequest, unreadable?: UnreadableInput): CallContext => ({
    request_id: request.id,
    now: clock.now(),
    address: request.ip,
    authorization: request.headers.authorization,
    idempotency_key: singleHeader(request.headers['idempotency-key']),
    log,
    notes: request.notes,
    unreadable,
  });

  app.setErrorHandler((error, request, reply) => sendError(toRequestError(error), request, reply));
  app.server.on('checkExpectation', (request, response) => app.routing(request, response));
  app.setNotFoundHandler((request, reply) =>
    sendError(
      new AppError('RESOURCE_NOT_FOUND', { message: `There is no ${request.method} at this path.` }),
      request,
      reply,
    ),
  );
  traceRequests(app, options.tracing);
  registerJsonBodies(app);

  const writeAnswerHeaders = registerAnswerHeaders(app, rateOf);
  app.addHook('onResponse', (request, reply, done) => {
    log.info(
      {
        request_id: request.id,
        method: request.method,
        route: request.routeOptions.url,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
      },
      'request',
    );
    done();
  });

  closeConnectionsOnStop(app);
  allowCrossOrigin(app);
  registerHealth(app, options.isReady);
  registerMetrics(app, options.metrics);
  await registerDocs(app);
  app.get('/.well-known/thrive-keys.json', options.publishedKeys);

  await app.register(async (scope) => registerPaymentNotices(scope, options));
  await app.register(async (scope) => restDoor(scope, { router, createContext }), { prefix: '/api/v1' });
  await app.register(async (scope) => trpcDoor(scope, { router, createContext }), { prefix: '/trpc' });
  return app;

  function toRequestError(error: unknown): AppError {
    if (error instanceof AppError) return error;
    const { statusCode, message } = error as { statusCode?: number; message?: string };
    if (statusCode !== undefined && statusCode >= 400 && statusCode < 500) {
      return new AppError('VALIDATION_ERROR', {
        details: [{ path: '', code: 'invalid_request', message: message ?? 'The request cannot be read.' }],
        cause: error,
      });
    }
    log.error({ err: error }, 'unexpected error outside a procedure');
    return new AppError('INTERNAL_ERROR', { cause: error });
  }
}

/** A stopping server lets go of each kept-alive connection with its last answer; otherwise it would wait for the clients. */
function closeConnectionsOnStop(app: FastifyInstance): void {
  let isStopping = false;
  app.addHook('preClose', async () => {
    isStopping = true;
  });
  app.addHook('onSend', (_request, reply, _payload, done) => {
    if (isStopping) reply.header('connection', 'close');
    done();
  });
}

const singleHeader = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(',') : value;
