import type { ProcedureContract } from '@thrivetech/contracts';
import type { z } from 'zod';
import { AppError } from '../platform/app-error.ts';
import type { RateLimiter } from '../platform/rate-limit/rate-limiter.ts';
import type { RequestContext } from '../platform/request-context.ts';
import type { UseCase } from '../platform/use-case.ts';
import { type CallContext, t } from './init.ts';
import { type Authenticate, authenticateWith } from './middleware/authenticate.ts';
import type { IdempotencyGuard } from './middleware/idempotency.ts';
import { takeFrom } from './middleware/limit-rate.ts';
import { reportErrors } from './middleware/report-errors.ts';
import type { RunningCalls } from './middleware/running-calls.ts';

export type ProcedureBuilder = ReturnType<typeof createProcedureBuilder>;

/**
 * Binds contracts to use cases. The order of refusals: no or bad key, key type, rate,
 * then the input, then the operation's own errors.
 */
export function createProcedureBuilder(options: {
  authenticate: Authenticate;
  limiter: RateLimiter;
  idempotency: IdempotencyGuard;
  runningCalls: RunningCalls;
  unauthenticatedPerMinute: number;
}) {
  const { authenticate, limiter, idempotency, runningCalls, unauthenticatedPerMinute } = options;

  const authenticated = authenticateWith(authenticate, limiter, unauthenticatedPerMinute);

  /** All refusals that do not look at the input. */
  const admit = async (ctx: CallContext, contract: ProcedureContract): Promise<RequestContext> => {
    const { actor, windows } = await authenticated(ctx);
    const rateKey = `account/${actor.account_id}/${actor.key_type === 'channel' ? 'channel' : 'management'}`;
    if (!contract.keys.includes(actor.key_type)) {
      ctx.notes.rate = await limiter.peek(rateKey, windows, ctx.now);
      throw new AppError('PERMISSION_DENIED', {
        details: { reason: 'key_type', key_type: actor.key_type },
      });
    }
    await takeFrom(limiter, rateKey, windows, ctx);
    if (ctx.unreadable) throw new AppError('VALIDATION_ERROR', { details: ctx.unreadable.details });
    return { request_id: ctx.request_id, now: ctx.now, address: ctx.address, actor };
  };

  // One middleware, not one each: every link of tRPC's chain copies all options several times, on the hottest path there is.
  const guarded = (contract: ProcedureContract) =>
    t.procedure.use(({ ctx, path, next }) =>
      runningCalls.track(() =>
        reportErrors({ ctx, path }, async () => next({ ctx: { request: await admit(ctx, contract) } })),
      ),
    );

  const bound = <Input extends z.ZodType, Output extends z.ZodType>(
    contract: ProcedureContract<Input, Output>,
  ) =>
    guarded(contract as unknown as ProcedureContract)
      .meta({ contract: contract as unknown as ProcedureContract })
      .input(contract.input)
      .output(contract.output);

  return {
    /** For contracts with the method GET. */
    query: <Input extends z.ZodType, Output extends z.ZodType>(
      contract: ProcedureContract<Input, Output>,
      useCase: UseCase<z.output<Input>, z.input<Output>>,
    ) => bound(contract).query(({ ctx, input }) => useCase(ctx.request, input as z.output<Input>) as never),

    /** For contracts with the methods POST, PUT and DELETE. */
    mutation: <Input extends z.ZodType, Output extends z.ZodType>(
      contract: ProcedureContract<Input, Output>,
      useCase: UseCase<z.output<Input>, z.input<Output>>,
    ) =>
      bound(contract).mutation(async ({ ctx, input: parsed }) => {
        const input = parsed as z.output<Input>;
        const { request, idempotency_key: key } = ctx;
        if (key === undefined || contract.method === 'DELETE')
          return (await useCase(request, input)) as never;
        const onReplay = () => {
          ctx.notes.replayed = true;
        };
        return (await idempotency.run({ key, procedure: contract.name, input, request, onReplay }, (claim) =>
          useCase({ ...request, idempotency: claim }, input),
        )) as never;
      }),
  };
}
