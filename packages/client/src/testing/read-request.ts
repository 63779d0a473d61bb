import { isRecord } from '../api/read-answer.ts';
import { checkBody } from './check-body.ts';
import type { Call } from './faults.ts';
import { parseJson } from './parse-json.ts';
import { invalid, Refusal } from './refusal.ts';
import type { CallInput } from './request.ts';

const routes: Readonly<Record<string, Call>> = {
  'POST /api/v1/activate': 'activate',
  'POST /api/v1/activate/validate': 'validate',
  'POST /api/v1/activate/deactivate': 'deactivate',
  'POST /api/v1/activate/trial': 'trial',
  'GET /.well-known/thrive-keys.json': 'keys',
};

/** Which call a request is; null: there is nothing at this path. */
export const callOf = (method: string, path: string): Call | null => routes[`${method} ${path}`] ?? null;

/** @throws {Refusal} AUTHENTICATION_REQUIRED or INVALID_TOKEN */
export function authenticate(authorization: string | null, channelKey: string): void {
  const key = authorization?.match(/^Bearer +(\S+)$/i)?.[1];
  if (key === channelKey) return;
  throw new Refusal(authorization ? 'INVALID_TOKEN' : 'AUTHENTICATION_REQUIRED');
}

/** The input of one of the four calls. @throws {Refusal} VALIDATION_ERROR that names every fault. */
export function readInput(
  call: Exclude<Call, 'keys'>,
  request: { readonly text: string; readonly contentType: string | null; readonly query: URLSearchParams },
): CallInput {
  const body = request.text === '' ? {} : parse(request.text, request.contentType);
  const misplaced = [...new Set(request.query.keys())];
  if (misplaced.length > 0) {
    const message = 'does not belong here; use path and body';
    throw invalid(...misplaced.map((path) => ({ path, code: 'misplaced_field', message })));
  }
  const faults = checkBody(call, body);
  if (faults.length > 0) throw invalid(...faults);
  return body as unknown as CallInput;
}

function parse(text: string, contentType: string | null): Record<string, unknown> {
  const fault = (message: string) => invalid({ path: '', code: 'invalid_body', message });
  if (!/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(contentType ?? ''))
    throw fault('Send JSON with the header "Content-Type: application/json".');
  const body = parseJson(text);
  if (body === null && text.trim() !== 'null') {
    throw fault('The body is not valid JSON; check quotes, commas and brackets.');
  }
  if (!isRecord(body)) throw fault('The body must be a JSON object.');
  return body;
}
