import { cardError, type Form, failure, ok, type Reply } from './fake-stripe-wire.fixtures.ts';

interface Intent {
  readonly id: string;
  readonly object: 'payment_intent';
  readonly amount: number;
  readonly currency: string;
  readonly customer: string;
  readonly payment_method: string;
  readonly metadata: Record<string, string>;
  readonly created: number;
  readonly setup_future_usage: string | null;
  status: string;
  next_action: { type: string; redirect_to_url: { url: string } } | null;
  last_payment_error: { code: string; decline_code?: string; advice_code?: string } | null;
}

const declines: Readonly<Record<string, { decline_code: string; advice_code?: string }>> = {
  pm_declined: { decline_code: 'generic_decline' },
  pm_insufficient: { decline_code: 'insufficient_funds' },
  pm_stolen: { decline_code: 'stolen_card' },
  pm_forbidden: { decline_code: 'generic_decline', advice_code: 'do_not_try_again' },
};
/** What may be said of a payment; Stripe refuses what it does not know. */
const intentFields = [
  ...['amount', 'currency', 'customer', 'payment_method', 'confirm', 'off_session', 'metadata'],
  ...['automatic_payment_methods', 'return_url', 'setup_future_usage'],
];
const kindOf = (method: string): string => method.match(/^pm_[a-z]+/)?.[0] ?? '';

/**
 * What lies at Stripe: customers, payment methods, payment intents, refunds. What a payment comes to lies in the name of its
 * method: `pm_ok…`, `pm_declined…`, `pm_insufficient…`, `pm_stolen…`, `pm_forbidden…` (the bank wants no more tries),
 * `pm_processing…`, `pm_authenticate…` (to be confirmed by its payer, once for all when it was set up for that).
 */
export class StripeState {
  readonly intents: Intent[] = [];
  readonly refunds: { payment_intent: string; amount: number }[] = [];
  /** Events as Stripe would send them, oldest first. */
  readonly events: { id: string; type: string; data: { object: unknown } }[] = [];
  /** What time it is at Stripe, epoch milliseconds. */
  now: () => number = Date.now;

  readonly #customers = new Map<string, Record<string, unknown>>();
  readonly #owners = new Map<string, string>();
  /** Methods that may be charged when nobody is there to confirm it. */
  readonly #setUp = new Set<string>();
  #serial = 0;

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
    if (intent.status === 'succeeded' || intent.status === 'canceled') {
      throw new Error(`${intent.id} is ${intent.status} already.`);
    }
    intent.status = status;
    intent.next_action = null;
    if (status === 'succeeded' && intent.setup_future_usage) this.#setUp.add(intent.payment_method);
    if (status !== 'succeeded') intent.last_payment_error = { code: 'payment_intent_authentication_failure' };
    this.#tell(`payment_intent.${status === 'succeeded' ? 'succeeded' : 'payment_failed'}`, intent);
  }

  /** The payer leaves a method on the set-up page. */
  leaveMethod(customer: string, method: string): void {
    this.#owners.set(method, customer);
    this.#setUp.add(method);
    this.#tell('setup_intent.succeeded', { object: 'setup_intent', customer, payment_method: method });
  }

  /** Does what a request asks for. @param isCut only the first half of it. */
  protected answer(on: string, query: URLSearchParams, form: Form, isCut: boolean): Reply {
    const [, id = ''] = on.match(/^(?:GET|POST) \/v1\/\w+\/(\w+)/) ?? [];
    if (on === 'POST /v1/customers') return this.#createCustomer(form);
    if (on === `POST /v1/customers/${id}`) return this.#updateCustomer(id, form);
    if (on === 'POST /v1/checkout/sessions') return this.#openPage(form);
    if (on === `GET /v1/payment_methods/${id}`) return this.#method(id);
    if (on === `POST /v1/payment_methods/${id}/attach`) return this.#attach(id, String(form['customer']));
    if (on === `POST /v1/payment_methods/${id}/detach`) {
      const isAttached = this.#owners.delete(id);
      return isAttached ? this.#method(id) : failure(400, 'payment_method_unexpected_state');
    }
    if (on === 'POST /v1/payment_intents') return this.#createIntent(form, isCut);
    if (on === 'GET /v1/payment_intents') return this.#listIntents(query);
    if (on === 'POST /v1/refunds') return this.#refund(form);
    const intent = this.intents.find((one) => one.id === id);
    if (!intent) return failure(404, 'resource_missing');
    if (on === `GET /v1/payment_intents/${id}`) return ok({ ...intent });
    if (on !== `POST /v1/payment_intents/${id}/cancel`) return failure(404, 'url_invalid');
    if (intent.status === 'succeeded' || intent.status === 'canceled') {
      return failure(400, 'payment_intent_unexpected_state');
    }
    intent.status = 'canceled';
    intent.next_action = null;
    this.#tell('payment_intent.canceled', intent);
    return ok({ ...intent });
  }

  #createCustomer(form: Form): Reply {
    const id = `cus_${++this.#serial}`;
    this.#customers.set(id, { id, object: 'customer', ...form });
    return this.#updateCustomer(id, {});
  }

  #updateCustomer(id: string, form: Form): Reply {
    const customer = this.#customers.get(id);
    if (!customer) return failure(404, 'resource_missing');
    Object.assign(customer, form);
    return ok({ ...customer });
  }

  /** Of customers that Stripe has, in this mode alone, and for cards. */
  #openPage({ mode, customer, payment_method_types, success_url }: Form): Reply {
    if (mode !== 'setup' || !payment_method_types || !success_url) return failure(400, 'parameter_missing');
    if (!this.#customers.has(String(customer))) return failure(404, 'resource_missing');
    return ok({ id: `cs_${++this.#serial}`, url: `https://pay.example.com/${String(customer)}` });
  }

  #method(id: string): Reply {
    const card = { brand: 'visa', last4: '4242', exp_month: 12, exp_year: 2031 };
    const customer = this.#owners.get(id) ?? null;
    return ok({ id, object: 'payment_method', type: 'card', customer, card });
  }

  /** Nothing is attached twice, not even to the same customer. */
  #attach(method: string, customer: string): Reply {
    if (kindOf(method) === '' || !this.#customers.has(customer)) return failure(404, 'resource_missing');
    if (this.#owners.has(method)) return failure(400, 'payment_method_unexpected_state');
    if (kindOf(method) === 'pm_unattachable') {
      return cardError('card_declined', { decline_code: 'do_not_honor' });
    }
    this.#owners.set(method, customer);
    return this.#method(method);
  }

  /** What Stripe says to a payment that is asked for wrongly. */
  #mistakeIn(form: Form): Reply | null {
    const { amount, currency, customer, payment_method, return_url, off_session } = form;
    if (Object.keys(form).some((name) => !intentFields.includes(name))) {
      return failure(400, 'parameter_unknown');
    }
    if (!/^[1-9]\d*$/.test(String(amount)) || !/^[a-z]{3}$/.test(String(currency))) {
      return failure(400, 'parameter_invalid_integer');
    }
    const { allow_redirects } = (form['automatic_payment_methods'] ?? {}) as { allow_redirects?: string };
    if (allow_redirects !== 'never' && return_url === undefined) return failure(400, 'parameter_missing');
    // Nobody is there who could agree to it.
    if (off_session !== undefined && form['setup_future_usage'] !== undefined) {
      return failure(400, 'parameter_invalid');
    }
    const isAttached = this.#owners.get(String(payment_method)) === customer;
    return isAttached ? null : failure(400, 'payment_method_unexpected_state');
  }

  #createIntent(form: Form, isCut: boolean): Reply {
    const mistake = this.#mistakeIn(form);
    if (mistake) return mistake;
    const method = String(form['payment_method']);
    const intent: Intent = {
      ...{ id: `pi_${++this.#serial}`, object: 'payment_intent' },
      ...{ amount: Number(form['amount']), currency: String(form['currency']) },
      ...{ customer: String(form['customer']), payment_method: method },
      metadata: (form['metadata'] ?? {}) as Record<string, string>,
      ...{ created: Math.floor(this.now() / 1000), status: 'succeeded' },
      setup_future_usage: (form['setup_future_usage'] ?? null) as string | null,
      ...{ next_action: null, last_payment_error: null },
    };
    this.intents.push(intent);
    const kind = kindOf(method);
    if (isCut) {
      intent.status = 'requires_confirmation';
      return ok({ ...intent });
    }
    const reason = declines[kind];
    if (reason) return this.#decline(intent, 'card_declined', reason);
    const isSetUp = this.#setUp.has(method);
    if (kind === 'pm_authenticate' && form['off_session'] === 'true' && !isSetUp) {
      const code = 'authentication_required';
      return this.#decline(intent, code, { decline_code: code });
    }
    if (kind === 'pm_processing') intent.status = 'processing';
    else if (kind === 'pm_authenticate' && form['off_session'] !== 'true') {
      intent.status = 'requires_action';
      const url = `https://bank.example.com/${intent.id}`;
      if (form['return_url'] !== undefined)
        intent.next_action = { type: 'redirect_to_url', redirect_to_url: { url } };
    } else this.#tell('payment_intent.succeeded', intent);
    return ok({ ...intent });
  }

  #decline(intent: Intent, code: string, reason: { decline_code: string; advice_code?: string }): Reply {
    intent.status = 'requires_payment_method';
    intent.last_payment_error = { code, ...reason };
    this.#tell('payment_intent.payment_failed', intent);
    return cardError(code, reason, intent);
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
    const intent = this.intents.find(({ id }) => id === refund.payment_intent);
    const before = this.refunds.filter(({ payment_intent }) => payment_intent === intent?.id);
    const left = before.reduce((sum, { amount }) => sum - amount, intent?.amount ?? 0);
    if (intent?.status !== 'succeeded' || refund.amount > left)
      return failure(400, 'charge_already_refunded');
    this.refunds.push(refund);
    return ok({ id: `re_${++this.#serial}`, object: 'refund', ...refund });
  }

  #tell(type: string, object: unknown): void {
    const copy = structuredClone(object);
    this.events.push({ id: `evt_${++this.#serial}`, ...{ object: 'event', type, data: { object: copy } } });
  }
}
