import { isRecord } from '../api/read-answer.ts';
import { activate } from './activate.ts';
import { type AnswerData, answerTail } from './answer-data.ts';
import { deactivate } from './deactivate.ts';
import type { Call } from './faults.ts';
import {
  type HttpAnswer,
  plainAnswer,
  type RequestStamp,
  refusalAnswer,
  successAnswer,
} from './http-answer.ts';
import type { KeyRing } from './key-ring.ts';
import type { LeaseIssuer } from './lease-issuer.ts';
import { parseJson } from './parse-json.ts';
import { authenticate, readInput } from './read-request.ts';
import { Refusal } from './refusal.ts';
import type { CallInput, DeviceInput, RequestContext } from './request.ts';
import { startTrial } from './start-trial.ts';
import { validate } from './validate.ts';
import type { Vendor } from './vendor.ts';

/** A request as the server reads it. */
export interface ReceivedRequest {
  readonly call: Call | null;
  readonly method: string;
  readonly query: URLSearchParams;
  readonly authorization: string | null;
  readonly contentType: string | null;
  readonly text: string;
}

/** What the app is told. */
export interface Served {
  readonly answer: HttpAnswer;
  /** What the answer says, in one word: its `result` or `code`; null when it says neither. */
  readonly outcome: string | null;
}

export interface Server {
  readonly vendor: Vendor;
  readonly keyRing: KeyRing;
  readonly leases: LeaseIssuer;
  readonly channelKey: string;
}

/** Answers one request as the server would, in the server's order of refusals. */
export async function serveCall(
  server: Server,
  received: ReceivedRequest,
  context: RequestContext,
  stamp: RequestStamp,
): Promise<Served> {
  const { call, method } = received;
  try {
    if (call === null) {
      throw new Refusal('RESOURCE_NOT_FOUND', { message: `There is no ${method} at this path.` });
    }
    if (call === 'keys') return { answer: plainAnswer(server.keyRing.published()), outcome: 'published' };
    authenticate(received.authorization, server.channelKey);
    const data = await run(server, call, context, readInput(call, received));
    return { answer: successAnswer(data, stamp), outcome: String(data['result'] ?? data['code']) };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { answer: refusalAnswer(error, stamp), outcome: error.code };
  }
}

function run(
  { vendor, leases }: Server,
  call: Exclude<Call, 'keys'>,
  context: RequestContext,
  input: CallInput,
): Promise<AnswerData> {
  // The body was checked: where a call needs a device, there is one.
  const withDevice = input as CallInput & { readonly device: DeviceInput };
  switch (call) {
    case 'activate':
      return activate(vendor, leases, context, withDevice);
    case 'validate':
      return validate(vendor, leases, context, input);
    case 'deactivate':
      return deactivate(vendor, context, input);
    case 'trial':
      return startTrial(vendor, leases, context, withDevice);
  }
}

/** What an impostor says who knows the protocol and has no key: the license is gone, believe me. */
export function unprovenRefusal(
  { call, text }: ReceivedRequest,
  context: RequestContext,
  stamp: RequestStamp,
): Served {
  const code = 'LICENSE_REVOKED';
  if (call !== 'validate') return { answer: refusalAnswer(new Refusal(code), stamp), outcome: code };
  const data = { valid: false, code, ...answerTail(context, { nonce: nonceIn(text) }) };
  return { answer: successAnswer(data, stamp), outcome: code };
}

function nonceIn(text: string): string | undefined {
  const body = parseJson(text);
  return isRecord(body) && typeof body['nonce'] === 'string' ? body['nonce'] : undefined;
}
