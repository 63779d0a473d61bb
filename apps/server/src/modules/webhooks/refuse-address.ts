import { invalid } from '../../platform/app-error.ts';
import { secondMs } from '../../platform/clock.ts';
import { type AddressGuard, literalOf, notPublic } from './address-guard.ts';
import { inTime, type Resolve } from './send-webhook.ts';

/** A name server that does not answer is no reason to let a caller wait: every attempt asks it again. */
const lookUpMaxMs = 2 * secondMs;

/**
 * Refuses a URL that deliveries would never be sent to, while there is somebody to tell. It is looked at again at every
 * attempt: names change. A name that cannot be found now may be there later.
 *
 * @throws {AppError} VALIDATION_ERROR
 */
export async function refuseAddress(guard: AddressGuard, resolve: Resolve, url: string): Promise<void> {
  const fault = guard.faultOf(url);
  if (fault !== null) throw invalid('url', fault);
  const { hostname } = new URL(url);
  if (literalOf(hostname) !== null) return;
  const found = await inTime(resolve(hostname), lookUpMaxMs).catch(() => []);
  if (!found.every(({ address }) => guard.isAllowed(address))) throw invalid('url', notPublic);
}
