// What the server is measured against: a bare Fastify route with a zod check, the same with the question and the answer of
// `validate` (handed in as JSON), tRPC's own Fastify adapter on an empty procedure, and our door around that. Prints its addresses as one line of JSON.
import { validateLicense } from '@thrivetech/contracts';
import { initTRPC } from '@trpc/server';
import { fastifyTRPCPlugin } from '@trpc/server/adapters/fastify';
import Fastify from 'fastify';
import { z } from 'zod';
import type { AppRouter } from '../src/app-router.ts';
import { addressRate, registerAnswerHeaders } from '../src/http/answer-headers.ts';
import { registerJsonBodies } from '../src/http/json-bodies.ts';
import { trpcDoor } from '../src/http/trpc-door.ts';
import { systemClock } from '../src/platform/clock.ts';
import { createNewId } from '../src/platform/ids.ts';
import { createLogger } from '../src/platform/logger.ts';
import { createMemoryRateLimiter } from '../src/platform/rate-limit/memory-rate-limiter.ts';

const body = z.strictObject({ license_key: z.string(), device: z.strictObject({ fingerprint: z.string() }) });
const own = initTRPC.create();
const emptyRouter = own.router({ empty: own.procedure.query(() => null) });

const bare = Fastify();
bare.post('/validate', async (request) => ({ valid: body.parse(request.body).license_key.length > 0 }));
const answer: unknown = JSON.parse(process.argv[2] ?? 'null');
bare.post('/validate-in-full', async (request) => {
  validateLicense.input.parse(request.body);
  return { success: true, data: validateLicense.output.parse(answer) };
});
await bare.register(fastifyTRPCPlugin, { prefix: '/trpc', trpcOptions: { router: emptyRouter } });

const [clock, newId, log] = [systemClock, createNewId(), createLogger('error')];
const door = Fastify({ genReqId: () => newId('request', clock.now()) });
registerJsonBodies(door);
registerAnswerHeaders(
  door,
  addressRate({ limiter: createMemoryRateLimiter(), clock, unauthenticatedPerMinute: 1_000_000_000 }),
);
await door.register(
  async (scope) =>
    trpcDoor(scope, {
      // The door takes any router; only clients care which.
      router: emptyRouter as unknown as AppRouter,
      createContext: (request, unreadable) => ({
        request_id: request.id,
        now: clock.now(),
        address: request.ip,
        authorization: request.headers.authorization,
        idempotency_key: undefined,
        log,
        notes: request.notes,
        unreadable,
      }),
    }),
  { prefix: '/trpc' },
);

const listen = { host: '127.0.0.1', port: 0 };
process.stdout.write(
  `${JSON.stringify({ bare: await bare.listen(listen), door: await door.listen(listen) })}\n`,
);
