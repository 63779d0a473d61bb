import { ThriveError } from '../errors.ts';
import { createHttp, type HttpOptions } from './http.ts';
import { isRecord, type RawAnswer, readAnswer } from './read-answer.ts';
import {
  readActivation,
  readDeactivation,
  readValidation,
  type WireActivation,
  type WireDeactivation,
  type WireDevice,
  type WireValidation,
} from './wire.ts';

/** What every one of the four calls says. */
interface Call {
  readonly device: WireDevice;
  readonly nonce: string;
  readonly signal?: AbortSignal | undefined;
}
interface KeyedCall extends Call {
  readonly licenseKey: string;
}

/**
 * The four calls of an app and the published keys. Each is safe to repeat: the same machine never takes two seats and
 * has one trial. Errors are {@link ThriveError}s; nothing in an answer is verified here.
 */
export interface ActivationApi {
  activate(call: KeyedCall & { readonly replaceDeviceId?: string | undefined }): Promise<WireActivation>;
  validate(call: KeyedCall): Promise<WireValidation>;
  deactivate(call: KeyedCall): Promise<WireDeactivation>;
  startTrial(call: Call): Promise<WireActivation>;
  /** The keyset token. The root keys of the same file are not even read: whoever can fake the file can fake them. */
  fetchKeyset(signal?: AbortSignal): Promise<string>;
}

export function createActivationApi(options: HttpOptions & { readonly productId: string }): ActivationApi {
  const http = createHttp(options);

  async function post<Result>(
    path: string,
    { signal, ...body }: Record<string, unknown> & Pick<Call, 'signal'>,
    read: (data: unknown) => Result,
  ): Promise<Result> {
    const request = { method: 'POST', path: `/api/v1${path}`, signal } as const;
    return http({ ...request, body: { ...body, product_id: options.productId } }, (answer, conceal) =>
      read(readAnswer(answer, conceal)),
    );
  }

  const keyed = ({ licenseKey, ...call }: KeyedCall) => ({ ...call, license_key: licenseKey });

  return {
    activate: ({ replaceDeviceId, ...call }) =>
      post(
        '/activate',
        { ...keyed(call), ...(replaceDeviceId !== undefined && { replace_device_id: replaceDeviceId }) },
        readActivation,
      ),
    validate: (call) => post('/activate/validate', keyed(call), readValidation),
    deactivate: (call) => post('/activate/deactivate', keyed(call), readDeactivation),
    startTrial: (call) => post('/activate/trial', { ...call }, readActivation),
    fetchKeyset: (signal) =>
      http({ method: 'GET', path: '/.well-known/thrive-keys.json', signal }, readKeyset),
  };
}

/** The file has no envelope: it is the same for everybody and cached by proxies. */
function readKeyset(answer: RawAnswer, conceal: (text: string) => string): string {
  if (answer.status !== 200) readAnswer(answer, conceal);
  try {
    const file: unknown = JSON.parse(answer.text);
    if (isRecord(file) && typeof file['keyset'] === 'string') return file['keyset'];
  } catch {
    // Told below.
  }
  throw new ThriveError('UNTRUSTED_ANSWER', { status: answer.status, details: { reason: 'not_the_api' } });
}
