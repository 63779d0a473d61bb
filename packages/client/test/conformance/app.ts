import { randomBytes, randomUUID } from 'node:crypto';
import {
  activateLicense,
  type DeviceInput,
  deactivateLicense,
  type ErrorCode,
  errorCatalogue,
  type LeaseView,
  type ProcedureContract,
  startTrial,
  validateLicense,
} from '@thrivetech/contracts';
import { type LeaseVerdict, verifyKeyset, verifyLease } from '@thrivetech/lease';
import { nodeCrypto } from '@thrivetech/lease/node';
import { expect } from 'vitest';
import type { Target } from './target.ts';

/** An answer whose envelope and data were held against the contract. */
export interface Answer {
  readonly status: number;
  /** Empty when the call failed. */
  readonly data: {
    readonly result?: string;
    readonly valid?: boolean;
    readonly code?: string;
    readonly device?: { readonly id: string; readonly activated_at: string; readonly last_seen_at: string };
    readonly license?: Readonly<Record<string, unknown>> & { readonly id: string };
    readonly lease?: LeaseView;
    readonly server_time: string;
    readonly nonce: string | null;
  };
  readonly error?: { readonly code: ErrorCode; readonly message: string; readonly details?: unknown };
  readonly headers: Headers;
}

type Body = Readonly<Record<string, unknown>>;
export interface SendOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly text?: string;
  readonly query?: string;
}

const commonErrors: readonly ErrorCode[] = [
  'AUTHENTICATION_REQUIRED',
  'INVALID_TOKEN',
  'PERMISSION_DENIED',
  'VALIDATION_ERROR',
  'RATE_LIMIT_EXCEEDED',
];
/** Errors whose message says what was meant: which thing is not there, what stands in the way. */
const wordedByCase: readonly ErrorCode[] = ['RESOURCE_NOT_FOUND', 'CONFLICT', 'PERMISSION_DENIED'];
const rfc3339 = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

export const newNonce = () => randomBytes(16).toString('base64url');

/** A machine of its own: another fingerprint, other parts than any before. */
export function machine(
  parts: Partial<DeviceInput['components']> = {},
): DeviceInput & { components: object } {
  const part = () => randomBytes(16).toString('base64url');
  return {
    fingerprint: `machine-${randomUUID()}`,
    components: {
      ...{ os_install_id: part(), board_id: part(), boot_disk: part(), mac: part(), cpu: part() },
      ...parts,
    },
  };
}

/** An app that sends the four calls to a target. */
export function appOf(target: () => Target) {
  async function send(contract: ProcedureContract, body: Body, options: SendOptions = {}): Promise<Answer> {
    const { baseUrl, channelKey, fetch } = target();
    const response = await fetch(`${baseUrl}/api/v1${contract.path}${options.query ?? ''}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${channelKey}`,
        'content-type': 'application/json',
        ...options.headers,
      },
      body: options.text ?? JSON.stringify(body),
    });
    return read(contract, response);
  }

  return {
    activate: (body: Body, options?: SendOptions) => send(activateLicense, body, options),
    validate: (body: Body, options?: SendOptions) => send(validateLicense, body, options),
    deactivate: (body: Body, options?: SendOptions) => send(deactivateLicense, body, options),
    trial: (body: Body, options?: SendOptions) => send(startTrial, body, options),

    /** What an app makes of a lease, by the keys that are published now, at the time of the answer. */
    async judge(
      { data }: Pick<Answer, 'data'>,
      expected: {
        readonly device: DeviceInput;
        readonly productId?: string;
        readonly nonce?: string;
        readonly lastSequence?: number;
      },
    ): Promise<LeaseVerdict> {
      const { baseUrl, fetch, rootKeys, productId } = target();
      const published = await fetch(`${baseUrl}/.well-known/thrive-keys.json`);
      const { keyset: token } = (await published.json()) as { keyset: string };
      const opened = verifyKeyset(token, { ...nodeCrypto, rootKeys });
      if (!opened.ok) throw new Error(`the keyset is refused: ${opened.error}`);
      const { fingerprint, components = {} } = expected.device;
      return verifyLease(data.lease?.token ?? '', {
        ...nodeCrypto,
        keyset: opened.keyset,
        audience: expected.productId ?? productId,
        now: Math.floor(Date.parse(data.server_time) / 1000),
        device: { fingerprint, components },
        nonce: expected.nonce,
        lastSequence: expected.lastSequence,
      });
    },
  };
}

/** Holds an answer against what the contract promises. */
async function read(contract: ProcedureContract, response: Response): Promise<Answer> {
  const { status, headers } = response;
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(headers.get('cache-control')).toBe('no-store');
  const body = (await response.json()) as Record<string, unknown> & {
    data?: unknown;
    error?: Answer['error'];
  };
  const request_id = headers.get('x-request-id');
  expect(body['meta']).toEqual({ timestamp: rfc3339, request_id });

  if (body.error) {
    const { error } = body;
    expect(Object.keys(body).sort()).toEqual(['error', 'meta', 'success']);
    expect(body['success']).toBe(false);
    expect([...commonErrors, ...contract.errors]).toContain(error.code);
    expect(status).toBe(errorCatalogue[error.code].status);
    if (wordedByCase.includes(error.code)) expect(error.message).not.toBe('');
    else expect(error.message).toBe(errorCatalogue[error.code].message);
    return { status, headers, error, data: {} as Answer['data'] };
  }
  expect(Object.keys(body).sort()).toEqual(['data', 'meta', 'success']);
  expect(body['success']).toBe(true);
  // Parsed, it lacks what the contract does not name: an answer must not say more.
  expect(body.data).toEqual(contract.output.parse(body.data));
  expect(contract.statuses).toContain(status);
  if (contract.statuses.length > 1) expect(status).toBe(contract.statusOf(body.data));
  return { status, headers, data: body.data as Answer['data'] };
}
