import type { FastifyInstance } from 'fastify';
import type { ObservedRequest, Tracing } from '../platform/tracing.ts';

declare module 'fastify' {
  interface FastifyRequest {
    trace: ObservedRequest | null;
  }
}

/** A span for each request, continuing the trace of a caller who sends `traceparent`. */
export function traceRequests(app: FastifyInstance, { recorder }: Tracing): void {
  if (recorder === null) return;
  app.decorateRequest('trace', null);
  app.addHook('onRequest', (request, reply, done) => {
    const { headers, method, id } = request;
    const trace = recorder.beginRequest(
      { method, route: request.routeOptions.url, request_id: id },
      { traceparent: single(headers['traceparent']), tracestate: single(headers['tracestate']) },
    );
    request.trace = trace;
    // Also comes when the caller hangs up, as `onResponse` does not.
    reply.raw.once('close', () => trace.end(reply.raw.writableFinished ? reply.statusCode : null));
    done();
  });
  // As late as this: what reads the body comes back from the socket, and would have lost what it belongs to.
  app.addHook('preHandler', (request, _reply, done) => {
    if (request.trace) request.trace.run(done);
    else done();
  });
}

const single = (value: string | string[] | undefined): string | undefined =>
  Array.isArray(value) ? value.join(',') : value;
