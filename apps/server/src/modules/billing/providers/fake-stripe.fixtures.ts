import { createHmac, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What can happen to one request beside being answered. */
export type Mishap =
  /** The work is done, and no answer comes. */
  | 'silence_after'
  /** Nothing is done, and no answer comes. */
  | 'silence_before'
  /** The work is done, and the connection breaks. */
  | 'reset_after'
  | 'error_500'
  | 'rate_limited';

interface Intent {
  readonly id: string;
  readonly object: 'payment_intent';
  readonly amount: number;
  readonly currency: string;
  readonly customer: string;
  readonly payment_method: string;
  readonly metadata: Record<string, string>;
  readonly created: number;
  status: string;
  next_action: { type: string; redirect_to_url: { url: string } } | null;
  last_payment_error: { code: string; decline_code?: string } | null;
}

interface Reply {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

const declineCodes: Readonly<Record<string, string>> = {
  pm_declined: 'generic_decline',
  pm_insufficient: 'insufficient_funds',
  pm_stolen: 'stolen_card',
};
const kindOf = (method: string): string => method.match(/^pm_[a-z]+/)?.[0] ?? '';

/**
 * As much of Stripe as its own package asks for here: customers, payment methods, payment intents, refunds, set-up pages,
 * idempotency keys as Stripe keeps them, and signed notices. What a payment comes to lies in the name of its method:
 * `pm_ok…`, `pm_declined…`, `pm_insufficient…`, `pm_stolen…`, `pm_authenticate…`, `pm_processing…`.
 */
export class FakeStripe {
  readonly webhookSecret = `whsec_${randomBytes(16).toString('hex')}`;
  readonly secretKey = `sk_test_${randomBytes(16).toString('hex')}`;
  readonly intents: Intent[] = [];
  readonly refunds: { payment_intent: string; amount: number }[] = [];
  /** Method, path and idempotency key of each request, in order. */
  readonly requests: string[] = [];
  /** Events as Stripe would send them, oldest first. */
  readonly events: { id: string; type: string; data: { object: unknown } }[] = [];
  baseUrl = '';
  /** What time it is at Stripe, epoch milliseconds. */
  now: () => number = Date.now;
  /** Told of each request before it is answered. */
  onRequest: (on: string) => void = () => {};

  readonly #customers = new Map<string, Record<string, unknown>>();
  readonly #owners = new Map<string, string>();
  readonly #answered = new Map<string, { request: string; reply: Reply | null }>();
  readonly #mishaps: { on: string; mishap: Mishap; about: string }[] = [];
  readonly #server = createServer((request, response) => {
    this.#handle(request, response).catch((error: unknown) => {
      response.writeHead(500).end(JSON.stringify({ error: { type: 'api_error', message: String(error) } }));
    });
  });
  #serial = 0;

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

  /** How much money moved for each of our payments, and in how many payments of Stripe's. */
  moneyTaken(): Map<string, { amount: number; times: number }> {
    const taken = new Map<string, { amount: number; times: number }>();
    for (const { status, amount, metadata } of this.intents) {
      if (status !== 'succeeded') continue;
      const id = metadata['payment_id'] ?? '';
      const before = taken.get(id) ?? { amount: 0, times: 0 };
      taken.set(id, { amount: before.amount + amount, times: before.times + 1 });
    }
    return taken;
  }

  /** The payer confirms, or the bank has made up its mind. */
  complete(intent: Intent, status: 'succeeded' | 'requires_payment_method' = 'succeeded'): void {
    intent.status = status;
    intent.next_action = null;
    if (status !== 'succeeded') intent.last_payment_error = { code: 'payment_intent_authentication_failure' };
    this.#tell(`payment_intent.${status === 'succeeded' ? 'succeeded' : 'payment_failed'}`, intent);
  }

  /** The payer leaves a method on the set-up page. */
  leaveMethod(customer: string, method: string): void {
    this.#owners.set(method, customer);
    this.#tell('setup_intent.succeeded', { object: 'setup_intent', customer, payment_method: method });
  }

  /** An event as it is sent: its body, and the header that proves it. @param at when it is signed, epoch milliseconds. */
  signed(event: object, at: number, secret = this.webhookSecret): { body: string; signature: string } {
    const body = JSON.stringify(event);
    const seconds = Math.floor(at / 1000);
    const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
    return { body, signature: `t=${seconds},v1=${mac}` };
  }

  #tell(type: string, object: unknown): void {
    const copy = structuredClone(object);
    this.events.push({ id: `evt_${++this.#serial}`, ...{ object: 'event', type, data: { object: copy } } });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://stripe');
    const text = await readAll(request);
    const on = `${request.method} ${url.pathname}`;
    const key = request.headers['idempotency-key'];
    this.requests.push(`${on} ${typeof key === 'string' ? key : '-'}`);
    const at = this.#mishaps.findIndex((planned) => planned.on === on && text.includes(planned.about));
    const mishap = at < 0 ? null : (this.#mishaps.splice(at, 1)[0]?.mishap ?? null);
    if (mishap === 'silence_before') return this.onRequest(on);
    if (mishap === 'error_500') return send(response, failure(500, 'api_error', 'api_error'));
    if (mishap === 'rate_limited') return send(response, failure(429, 'rate_limit', 'invalid_request_error'));

    const reply = this.#once(typeof key === 'string' ? key : null, on + text, () =>
      this.#answer(on, url.searchParams, parseForm(text)),
    );
    this.onRequest(on);
    if (mishap === 'silence_after') return;
    if (mishap === 'reset_after') return void request.socket.destroy();
    send(response, reply);
  }

  /** Of requests with one key the first counts, and the others get its answer; with another body they are a mistake. */
  #once(key: string | null, request: string, work: () => Reply): Reply {
    if (key === null) return work();
    const known = this.#answered.get(key);
    if (known && known.request !== request) return failure(400, 'idempotency_error', 'idempotency_error');
    const reply = known?.reply ?? work();
    this.#answered.set(key, { request, reply });
    return reply;
  }

  #answer(on: string, query: URLSearchParams, form: Form): Reply {
    const [, id = ''] = on.match(/^(?:GET|POST) \/v1\/\w+\/(\w+)/) ?? [];
    if (on === 'POST /v1/customers') return this.#createCustomer(form);
    if (on === 'POST /v1/checkout/sessions') {
      return ok({ id: `cs_${++this.#serial}`, url: `https://pay.example.com/${String(form['customer'])}` });
    }
    if (/^POST \/v1\/payment_methods\/\w+\/attach$/.test(on))
      return this.#attach(id, String(form['customer']));
    if (/^POST \/v1\/payment_methods\/\w+\/detach$/.test(on)) {
      return ok({ id, object: 'payment_method', deleted: this.#owners.delete(id) });
    }
    if (on === 'POST /v1/payment_intents') return this.#createIntent(form);
    if (on === 'GET /v1/payment_intents') return this.#listIntents(query);
    if (on === 'POST /v1/refunds') return this.#refund(form);
    const intent = this.intents.find((one) => one.id === id);
    if (!intent) return failure(404, 'resource_missing', 'invalid_request_error');
    if (on.startsWith('GET ')) return ok({ ...intent });
    if (intent.status === 'succeeded' || intent.status === 'canceled') {
      return failure(400, 'payment_intent_unexpected_state', 'invalid_request_error');
    }
    intent.status = 'canceled';
    intent.next_action = null;
    this.#tell('payment_intent.canceled', intent);
    return ok({ ...intent });
  }

  #createCustomer(form: Form): Reply {
    const customer = { id: `cus_${++this.#serial}`, object: 'customer', ...form };
    this.#customers.set(customer.id, customer);
    return ok(customer);
  }

  #attach(method: string, customer: string): Reply {
    if (kindOf(method) === '') return failure(404, 'resource_missing', 'invalid_request_error');
    const owner = this.#owners.get(method);
    if (owner !== undefined && owner !== customer) {
      return failure(400, 'payment_method_unexpected_state', 'invalid_request_error');
    }
    if (kindOf(method) === 'pm_unattachable') return cardError('card_declined', 'do_not_honor');
    this.#owners.set(method, customer);
    const card = { brand: 'visa', last4: '4242', exp_month: 12, exp_year: 2031 };
    return ok({ id: method, object: 'payment_method', type: 'card', customer, card });
  }

  #createIntent(form: Form): Reply {
    const method = String(form['payment_method']);
    if (this.#owners.get(method) !== form['customer'])
      return failure(400, 'payment_method_unexpected_state', 'invalid_request_error');
    const intent: Intent = {
      ...{ id: `pi_${++this.#serial}`, object: 'payment_intent' },
      ...{ amount: Number(form['amount']), currency: String(form['currency']) },
      ...{ customer: String(form['customer']), payment_method: method },
      metadata: (form['metadata'] ?? {}) as Record<string, string>,
      ...{ created: Math.floor(this.now() / 1000), status: 'succeeded' },
      ...{ next_action: null, last_payment_error: null },
    };
    this.intents.push(intent);
    const kind = kindOf(method);
    const decline_code = declineCodes[kind];
    if (decline_code) return this.#decline(intent, 'card_declined', decline_code);
    if (kind === 'pm_authenticate' && form['off_session'] === 'true') {
      return this.#decline(intent, 'authentication_required', 'authentication_required');
    }
    if (kind === 'pm_processing') intent.status = 'processing';
    else if (kind === 'pm_authenticate') {
      intent.status = 'requires_action';
      const url = `https://bank.example.com/${intent.id}`;
      if (form['return_url'] !== undefined)
        intent.next_action = { type: 'redirect_to_url', redirect_to_url: { url } };
    } else this.#tell('payment_intent.succeeded', intent);
    return ok({ ...intent });
  }

  #decline(intent: Intent, code: string, decline_code: string): Reply {
    intent.status = 'requires_payment_method';
    intent.last_payment_error = { code, decline_code };
    this.#tell('payment_intent.payment_failed', intent);
    return cardError(code, decline_code, intent);
  }

  #listIntents(query: URLSearchParams): Reply {
    const after = query.get('starting_after');
    const from = Number(query.get('created[gte]') ?? 0);
    const newestFirst = [...this.intents].reverse();
    const matching = newestFirst.filter(
      ({ customer, created }) => customer === query.get('customer') && created >= from,
    );
    const rest = matching.slice(after === null ? 0 : matching.findIndex(({ id }) => id === after) + 1);
    const limit = Number(query.get('limit') ?? 10);
    return ok({
      object: 'list',
      url: '/v1/payment_intents',
      has_more: rest.length > limit,
      data: rest.slice(0, limit),
    });
  }

  #refund(form: Form): Reply {
    const refund = { payment_intent: String(form['payment_intent']), amount: Number(form['amount']) };
    this.refunds.push(refund);
    return ok({ id: `re_${++this.#serial}`, object: 'refund', ...refund });
  }
}

type Form = Record<string, unknown>;

/** `metadata[payment_id]=pay_1` and the like, as Stripe's package writes it. */
function parseForm(text: string): Form {
  const form: Form = {};
  for (const [path, value] of new URLSearchParams(text)) {
    const [name = '', inner] = path.split(/[[\]]+/);
    if (inner) form[name] = { ...(form[name] as object), [inner]: value };
    else form[name] = value;
  }
  return form;
}

const ok = (body: Record<string, unknown>): Reply => ({ status: 200, body });
const failure = (status: number, code: string, type: string): Reply => ({
  status,
  body: { error: { type, code, message: code } },
});
const cardError = (code: string, decline_code: string, payment_intent?: Intent): Reply => ({
  status: 402,
  body: {
    error: {
      type: 'card_error',
      code,
      decline_code,
      message: code,
      ...(payment_intent && { payment_intent }),
    },
  },
});

async function readAll(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

function send(response: ServerResponse, { status, body }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
