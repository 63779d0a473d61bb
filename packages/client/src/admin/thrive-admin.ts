import { type Clock, systemClock, withTimers } from '../api/clock.ts';
import { ThriveError } from '../errors.ts';
import { createCaller } from './create-caller.ts';
import { AdminApi } from './generated/api.ts';

export interface ThriveAdminOptions {
  /** Of the server, such as `https://licenses.example`. */
  readonly baseUrl: string;
  /** An admin key, or a read-only one for what it may. It belongs on your own servers, never into an app. */
  readonly apiKey: string;
  /** Also the way through a proxy. The platform's own when left out. */
  readonly fetch?: typeof fetch | undefined;
  readonly clock?: Clock | undefined;
  /** How long each try may take, 30 seconds when left out. For a stream: until it begins, and between two pieces. */
  readonly timeoutMs?: number | undefined;
  /** How often a request is sent again when the network, the server or its rate limit stands in the way; 2 when left out. */
  readonly retriesMax?: number | undefined;
}

const timeoutMsDefault = 30_000;
const retriesMaxDefault = 2;

/**
 * Manages products, customers and licenses from a server of yours: one method for each operation of the platform.
 *
 * ```ts
 * const admin = new ThriveAdmin({ baseUrl: 'https://licenses.example', apiKey });
 * const license = await admin.licenses.create({ product_id, duration_days: 365 });
 * for await (const one of admin.licenses.iterate({ status: 'active' })) console.log(one.id);
 * ```
 *
 * Methods take one flat object and give what the answer holds. They throw a {@link ThriveError} that names the request
 * in the server's log. What failed for reasons that pass is sent again; everything that changes something carries an
 * idempotency key, so that it is done once all the same.
 */
export class ThriveAdmin extends AdminApi {
  /** @throws {ThriveError} INVALID_OPTION, in words for the developer. */
  constructor(options: ThriveAdminOptions) {
    const { apiKey, timeoutMs = timeoutMsDefault, retriesMax = retriesMaxDefault } = options;
    // Anything else cannot stand in a header, and the error of `fetch` would repeat it.
    if (!/^[!-~]+$/.test(apiKey)) throw invalid('`apiKey` is missing or no API key.');
    if (!(timeoutMs > 0)) throw invalid('`timeoutMs` must be above 0.');
    if (!(retriesMax >= 0)) throw invalid('`retriesMax` must be 0 or more.');
    super(
      createCaller({
        url: `${readBaseUrl(options.baseUrl)}/api/v1`,
        apiKey,
        // Called without a receiver, which browsers and workers insist on.
        fetch: options.fetch ?? ((...request) => fetch(...request)),
        clock: withTimers(options.clock ?? systemClock),
        random: Math.random,
        timeoutMs,
        triesMax: 1 + retriesMax,
      }),
    );
  }
}

function readBaseUrl(text: string): string {
  const bare = text.replace(/\/+$/, '').replace(/\/api\/v1$/, '');
  if (!/^https?:\/\/[^/?#]+(\/[^?#]*)?$/.test(bare) || !URL.canParse(bare)) {
    throw invalid('`baseUrl` must be an address such as https://licenses.example.');
  }
  return bare;
}

const invalid = (message: string) => new ThriveError('INVALID_OPTION', { message });
