import type { FastifyInstance } from 'fastify';
import type { Clock } from '../platform/clock.ts';

/** Hears what a payment provider sends. @throws {AppError} VALIDATION_ERROR when it is not signed by the provider. */
export type HearProvider = (
  raw: string,
  headers: Readonly<Record<string, string | undefined>>,
  now: number,
) => Promise<void>;

/**
 * Where a payment provider tells of payments. The bytes must be the ones that were signed, so the body is not read as
 * JSON here. Anything but a success makes the provider send it again.
 */
export function registerPaymentNotices(
  app: FastifyInstance,
  { hearProvider, clock }: { hearProvider: HearProvider; clock: Clock },
): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string', bodyLimit: 1_048_576 }, (_request, body, done) =>
    done(null, body),
  );
  app.post('/payments/notices', async (request) => {
    const headers = request.headers as Record<string, string | undefined>;
    await hearProvider(typeof request.body === 'string' ? request.body : '', headers, clock.now());
    return { received: true };
  });
}
