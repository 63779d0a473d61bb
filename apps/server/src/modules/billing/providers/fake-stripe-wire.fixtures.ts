import type { IncomingMessage, ServerResponse } from 'node:http';

/** An answer of Stripe. */
export interface Reply {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export type Form = Record<string, unknown>;

/** `metadata[payment_id]=pay_1` and the like, as Stripe's package writes it. */
export function parseForm(text: string): Form {
  const form: Form = {};
  for (const [path, value] of new URLSearchParams(text)) {
    const [name = '', inner] = path.split(/[[\]]+/);
    if (inner) form[name] = { ...(form[name] as object), [inner]: value };
    else form[name] = value;
  }
  return form;
}

export const ok = (body: Record<string, unknown>): Reply => ({ status: 200, body });

export const failure = (status: number, code: string, type = 'invalid_request_error'): Reply => ({
  status,
  body: { error: { type, code, message: code } },
});

/** A refusal of the bank. */
export const cardError = (code: string, reason: object, payment_intent?: object): Reply => ({
  status: 402,
  body: {
    error: { type: 'card_error', code, ...reason, message: code, ...(payment_intent && { payment_intent }) },
  },
});

export async function readAll(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}

export function send(response: ServerResponse, { status, body }: Reply): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** Idempotency keys as Stripe keeps them: the first answer is every later one's, whatever it was. */
export class IdempotencyKeys {
  readonly #seen = new Map<string, { request: string; reply: Reply | null }>();

  async once(key: string | null, request: string, work: () => Promise<Reply>): Promise<Reply> {
    if (key === null) return work();
    const known = this.#seen.get(key);
    if (known && known.request !== request) return failure(400, 'idempotency_error', 'idempotency_error');
    if (known) return known.reply ?? failure(409, 'idempotency_key_in_use', 'idempotency_error');
    this.#seen.set(key, { request, reply: null });
    const reply = await work();
    this.#seen.set(key, { request, reply });
    return reply;
  }
}
