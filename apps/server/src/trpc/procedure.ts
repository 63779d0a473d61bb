import type { ProcedureContract } from '@thrivetech/contracts';
import type { TRPCMutationProcedure, TRPCQueryProcedure } from '@trpc/server';
import type { z } from 'zod';
import { AppError } from '../platform/app-error.ts';
import type { RateLimiter } from '../platform/rate-limit/rate-limiter.ts';
import type { RequestContext } from '../platform/request-context.ts';
import type { Tracing } from '../platform/tracing.ts';
import type { UseCase } from '../platform/use-case.ts';
import { validationDetails } from './errors.ts';
import { type CallContext, type ProcedureMeta, t } from './init.ts';
import { type Authenticate, authenticateWith } from './middleware/authenticate.ts';
import type { IdempotencyGuard } from './middleware/idempotency.ts';
import { takeFrom } from './middleware/limit-rate.ts';
import { refuseBySubscription } from './middleware/refuse-by-subscription.ts';
import { reportErrors } from './middleware/report-errors.ts';
import type { RunningCalls } from './middleware/running-calls.ts';

export type ProcedureBuilder = ReturnType<typeof createProcedureBuilder>;

/**
 * Binds contracts to use cases. The order of refusals: no or bad key, key type, rate, subscription,
 * then the input, then the operation's own errors.
 */
export function createProcedureBuilder(options: {
  authenticate: Authenticate;
  limiter: RateLimiter;
  idempotency: IdempotencyGuard;
  runningCalls: RunningCalls;
  unauthenticatedPerMinute: number;
  /** Told of every call that was let in, for usage. */
  noteCall: (account_id: string, procedure: string) => void;
  tracing: Tracing;
}) {
  const { authenticate, limiter, idempotency, runningCalls, unauthenticatedPerMinute, noteCall, tracing } =
    options;

  const authenticated = authenticateWith(authenticate, limiter, unauthenticatedPerMinute);

  /** All refusals that do not look at the input. */
  const admit = async (ctx: CallContext, contract: ProcedureContract): Promise<RequestContext> => {
    const { actor, windows, timeAt, access } = await authenticated(ctx);
    tracing.note({ account_id: actor.account_id, key_type: actor.key_type });
    const rateKey = `account/${actor.account_id}/${actor.key_type === 'channel' ? 'channel' : 'management'}`;
    if (!contract.keys.includes(actor.key_type)) {
      ctx.notes.rate = await limiter.peek(rateKey, windows, ctx.now);
      throw new AppError('PERMISSION_DENIED', {
        details: { reason: 'key_type', key_type: actor.key_type },
      });
    }
    await takeFrom(limiter, rateKey, windows, ctx);
    noteCall(actor.account_id, contract.name);
    const now = timeAt(ctx.now);
    refuseBySubscription(contract, (use) => access(use, now), ctx.notes);
    if (ctx.unreadable) throw new AppError('VALIDATION_ERROR', { details: ctx.unreadable.details });
    return { request_id: ctx.request_id, now, address: ctx.address, actor };
  };

  /**
   * A procedure is one middleware that does everything, although tRPC would have one for each step: every link of its
   * chain copies all options several times, which cost more than the steps themselves on the hottest path there is.
   */
  const bound = <Input extends z.ZodType, Output extends z.ZodType>(
    contract: ProcedureContract<Input, Output>,
    run: (ctx: CallContext, request: RequestContext, input: z.output<Input>) => Promise<z.input<Output>>,
  ) => {
    const described = contract as unknown as ProcedureContract;
    const observed = { name: contract.name, facts: { procedure: contract.name } };
    return t.procedure.meta({ contract: described }).use(({ ctx, path, getRawInput, next }) =>
      runningCalls.track(() =>
        reportErrors({ ctx, path }, () =>
          tracing.observe(observed, async () => {
            const request = await admit(ctx, described);
            const input = checkInput(contract.input, await getRawInput());
            // Also strips what the contract does not name: nothing leaves by accident.
            const answer = contract.output.parse(await run(ctx, request, input));
            return next({ ctx: { answer } });
          }),
        ),
      ),
    );
  };

  return {
    /** For contracts with the method GET. */
    query: <Input extends z.ZodType, Output extends z.ZodType>(
      contract: ProcedureContract<Input, Output>,
      useCase: UseCase<z.output<Input>, z.input<Output>>,
    ) =>
      bound(contract, (_ctx, request, input) => useCase(request, input)).query(
        ({ ctx }) => ctx.answer,
      ) as unknown as TRPCQueryProcedure<Wire<Input, Output>>,

    /** For contracts with the methods POST, PUT and DELETE. */
    mutation: <Input extends z.ZodType, Output extends z.ZodType>(
      contract: ProcedureContract<Input, Output>,
      useCase: UseCase<z.output<Input>, z.input<Output>>,
    ) =>
      bound(contract, async (ctx, request, input) => {
        const { idempotency_key: key } = ctx;
        if (key === undefined || contract.method === 'DELETE') return useCase(request, input);
        const onReplay = () => {
          ctx.notes.replayed = true;
        };
        return (await idempotency.run({ key, procedure: contract.name, input, request, onReplay }, (claim) =>
          useCase({ ...request, idempotency: claim }, input),
        )) as z.input<Output>;
      }).mutation(({ ctx }) => ctx.answer) as unknown as TRPCMutationProcedure<Wire<Input, Output>>,
  };
}

/** What a client of the tRPC door sends and gets. */
interface Wire<Input extends z.ZodType, Output extends z.ZodType> {
  input: z.input<Input>;
  output: z.output<Output>;
  meta: ProcedureMeta;
}

/** @throws {AppError} VALIDATION_ERROR that names every fault. */
function checkInput<Input extends z.ZodType>(schema: Input, raw: unknown): z.output<Input> {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  throw new AppError('VALIDATION_ERROR', { details: validationDetails(parsed.error) });
}
