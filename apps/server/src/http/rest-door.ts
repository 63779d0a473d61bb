import { Readable } from 'node:stream';
import { contract as contracts, isPageSchema, type ProcedureContract } from '@thrivetech/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AppRouter } from '../app-router.ts';
import { toAppError } from '../trpc/errors.ts';
import type { CallContext } from '../trpc/init.ts';
import { t } from '../trpc/init.ts';
import { UnreadableInput } from '../trpc/unreadable-input.ts';
import { errorEnvelope, statusOfError, successEnvelope } from './envelope.ts';
import { createInputReader } from './read-input.ts';

type Call = (input: unknown) => Promise<unknown>;

/**
 * The REST door: one route per contract, each calling its procedure through tRPC's own `createCaller`. There is no
 * logic here that the tRPC door would not have.
 */
export function restDoor(
  app: FastifyInstance,
  options: {
    router: AppRouter;
    createContext: (request: FastifyRequest, unreadable: UnreadableInput | undefined) => CallContext;
  },
): void {
  const { router, createContext } = options;
  const createCaller = t.createCallerFactory(router);

  for (const contract of contracts) {
    assertBound(router, contract);
    const readInput = createInputReader(contract);
    const steps = contract.name.split('.');
    const isPage = isPageSchema(contract.output);

    app.route({
      method: contract.method,
      url: contract.path,
      exposeHeadRoute: false,
      handler: async (request, reply) => {
        // `/products/` is not the product without an id.
        if (Object.values(request.params as object).includes('')) return reply.callNotFound();
        const input = readInput(request);
        const isReadable = !(input instanceof UnreadableInput);
        const context = createContext(request, isReadable ? undefined : input);
        try {
          const caller = createCaller(context);
          const call = steps.reduce<unknown>(
            (node, step) => (node as Record<string, unknown>)[step],
            caller,
          ) as Call;
          const output = await call(isReadable ? input : {});
          reply.status(contract.statuses.length > 1 ? contract.statusOf(output) : contract.statuses[0]);
          if (contract.stream)
            return reply.type(contract.stream).send(Readable.from(output as AsyncIterable<string>));
          if (contract.file) return sendFile(reply, contract.file, output as FileOutput);
          setEntityTag(reply, output);
          return successEnvelope(output, context, isPage);
        } catch (error) {
          const appError = toAppError(error);
          reply.status(statusOfError(appError.code));
          return errorEnvelope(appError, context.request_id, context.now);
        }
      },
    });
  }
}

interface FileOutput {
  filename: string;
  content: string;
}

function sendFile(reply: FastifyReply, mediaType: string, { filename, content }: FileOutput): FastifyReply {
  return reply
    .type(mediaType)
    .header('content-disposition', `attachment; filename="${filename}"`)
    .send(Buffer.from(content, 'base64'));
}

/** The version of what was answered, for `If-Match` of the next update. */
function setEntityTag(reply: FastifyReply, output: unknown): void {
  const version = (output as { version?: unknown } | null)?.version;
  if (typeof version === 'number') reply.header('etag', `"${version}"`);
}

/** A contract without its procedure, or bound as the wrong kind, stops the start, not a caller. */
function assertBound(router: AppRouter, contract: ProcedureContract): void {
  const procedures = router._def.procedures as unknown as Record<
    string,
    { _def: { type: string } } | undefined
  >;
  const type = procedures[contract.name]?._def.type;
  const expected = contract.method === 'GET' ? 'query' : 'mutation';
  if (type !== expected)
    throw new Error(`${contract.name} must be bound as a ${expected}; it is ${type ?? 'missing'}.`);
}
