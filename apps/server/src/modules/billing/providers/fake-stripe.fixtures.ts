import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StripeState } from './fake-stripe-state.fixtures.ts';
import { failure, IdempotencyKeys, parseForm, readAll, send } from './fake-stripe-wire.fixtures.ts';

/** What can happen to one request beside being answered. */
export type Mishap =
  /** The work is done, and no answer comes. */
  | 'silence_after'
  /** Nothing is done, and no answer comes. */
  | 'silence_before'
  /** The work is done, and the connection breaks. */
  | 'reset_after'
  | 'error_500'
  /** The work is done, and the key remembers a 500 as its answer. */
  | 'error_500_after'
  /** A payment is made, its confirmation has not begun, and no answer comes. */
  | 'unconfirmed'
  /** The work waits until {@link FakeStripe.letGo}. */
  | 'held'
  | 'rate_limited'
  | 'lock_timeout';

/**
 * As much of Stripe as its own package asks for here, behind HTTP: its state, idempotency keys as Stripe keeps them, signed
 * notices, and what can go wrong on the way.
 */
export class FakeStripe extends StripeState {
  readonly webhookSecret = `whsec_${randomBytes(16).toString('hex')}`;
  readonly secretKey = `sk_test_${randomBytes(16).toString('hex')}`;
  /** Method, path and idempotency key of each request, in order. */
  readonly requests: string[] = [];
  baseUrl = '';
  /** Told of each request before it is answered. */
  onRequest: (on: string) => void = () => {};

  readonly #keys = new IdempotencyKeys();
  readonly #held: (() => void)[] = [];
  readonly #mishaps: { on: string; mishap: Mishap; about: string }[] = [];
  readonly #server = createServer((request, response) => {
    this.#handle(request, response).catch((error: unknown) => {
      response.writeHead(500).end(JSON.stringify({ error: { type: 'api_error', message: String(error) } }));
    });
  });

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.baseUrl = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The next request to this path (`POST /v1/payment_intents`), if it says this, meets with a mishap. */
  next(on: string, mishap: Mishap, about = ''): void {
    this.#mishaps.push({ on, mishap, about });
  }

  /** What was held is done now. */
  letGo(): void {
    for (const go of this.#held.splice(0)) go();
  }

  /** An event as it is sent: its body, and the header that proves it. @param at when it is signed, epoch milliseconds. */
  signed(event: object, at: number, secret = this.webhookSecret): { body: string; signature: string } {
    const body = JSON.stringify(event);
    const seconds = Math.floor(at / 1000);
    const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
    return { body, signature: `t=${seconds},v1=${mac}` };
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://stripe');
    const text = await readAll(request);
    const on = `${request.method} ${url.pathname}`;
    const key = request.headers['idempotency-key'];
    this.requests.push(`${on} ${typeof key === 'string' ? key : '-'}`);
    if (request.headers.authorization !== `Bearer ${this.secretKey}`) {
      return send(response, failure(401, 'api_key_expired'));
    }
    const at = this.#mishaps.findIndex((planned) => planned.on === on && text.includes(planned.about));
    const mishap = at < 0 ? null : (this.#mishaps.splice(at, 1)[0]?.mishap ?? null);
    if (mishap === 'silence_before') return this.onRequest(on);
    if (mishap === 'error_500') return send(response, failure(500, 'api_error', 'api_error'));
    if (mishap === 'rate_limited') return send(response, failure(400, 'rate_limit'));
    if (mishap === 'lock_timeout') return send(response, failure(429, 'lock_timeout'));

    const reply = await this.#keys.once(typeof key === 'string' ? key : null, on + text, async () => {
      if (mishap === 'held') {
        await new Promise<void>((resolve) => this.#held.push(resolve));
      }
      const isCut = mishap === 'unconfirmed';
      const answer = this.answer(on, url.searchParams, parseForm(text), isCut);
      return mishap === 'error_500_after' ? failure(500, 'api_error', 'api_error') : answer;
    });
    this.onRequest(on);
    if (mishap === 'silence_after' || mishap === 'unconfirmed') return;
    if (mishap === 'reset_after') return void request.socket.destroy();
    send(response, reply);
  }
}
