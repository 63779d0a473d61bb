import type { AnswerData } from './answer-data.ts';
import { timestamp } from './answer-data.ts';
import { Refusal } from './refusal.ts';

/** An answer before it is put into a `Response`. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Names a request, and tells its moment in epoch milliseconds. */
export interface RequestStamp {
  readonly requestId: string;
  readonly now: number;
}

const json = 'application/json; charset=utf-8';

const metaOf = ({ requestId, now }: RequestStamp) => ({ timestamp: timestamp(now), request_id: requestId });

/** The envelope of a success. Results that made something are a 201. */
export function successAnswer(data: AnswerData, stamp: RequestStamp): HttpAnswer {
  const isNew = data['result'] === 'activated' || data['result'] === 'started';
  const envelope = { success: true, data, meta: metaOf(stamp) };
  return { status: isNew ? 201 : 200, contentType: json, body: JSON.stringify(envelope) };
}

/** The envelope of a failure. */
export function refusalAnswer(refusal: Refusal, stamp: RequestStamp): HttpAnswer {
  const { code, message, details, status } = refusal;
  const error = { code, message, ...(details && { details }) };
  const envelope = { success: false, error, meta: metaOf(stamp) };
  return { status, contentType: json, body: JSON.stringify(envelope) };
}

/** Published files have no envelope: they are the same for everybody. */
export const plainAnswer = (data: unknown): HttpAnswer => ({
  status: 200,
  contentType: json,
  body: JSON.stringify(data),
});

export function serverErrorAnswer(status: number, stamp: RequestStamp): HttpAnswer {
  const refusal = new Refusal('INTERNAL_ERROR');
  if (status === refusal.status) return refusalAnswer(refusal, stamp);
  const body = `<html><head><title>${status}</title></head><body><h1>${status}</h1></body></html>`;
  return { status, contentType: 'text/html', body };
}

export function rateLimitAnswer(retryAfterSeconds: number, stamp: RequestStamp): HttpAnswer {
  const answer = refusalAnswer(new Refusal('RATE_LIMIT_EXCEEDED'), stamp);
  return { ...answer, headers: { 'retry-after': String(retryAfterSeconds) } };
}

/** What a network says that wants its user to sign in first. */
export const captivePortalAnswer: HttpAnswer = {
  status: 200,
  contentType: 'text/html; charset=utf-8',
  body: '<!doctype html><html><head><title>Welcome</title></head><body><form method="post" action="/login">Please accept our terms to go online.</form></body></html>',
};

export const truncated = (answer: HttpAnswer): HttpAnswer => ({
  ...answer,
  body: answer.body.slice(0, answer.body.length / 2),
});

export function toResponse(answer: HttpAnswer, requestId: string): Response {
  const headers = {
    'content-type': answer.contentType,
    'cache-control': 'no-store',
    'x-request-id': requestId,
    ...answer.headers,
  };
  return new Response(answer.body, { status: answer.status, headers });
}
