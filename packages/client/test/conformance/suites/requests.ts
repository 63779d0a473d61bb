import { activateLicense, deactivateLicense, startTrial, validateLicense } from '@thrivetech/contracts';
import { describe, expect, test } from 'vitest';
import { appOf, machine, type SendOptions } from '../app.ts';
import type { Target } from '../target.ts';

const contracts = {
  activate: activateLicense,
  validate: validateLicense,
  deactivate: deactivateLicense,
  trial: startTrial,
};
type Call = keyof typeof contracts;
interface Fault {
  readonly path: string;
  readonly code: string;
  readonly message: string;
}

/** What the contract itself finds wrong with a body. */
function faultsByContract(call: Call, body: object): Fault[] {
  const { error } = contracts[call].input.safeParse(body);
  return (error?.issues ?? []).flatMap((issue): Fault[] => {
    const path = issue.path.join('.');
    if (issue.code !== 'unrecognized_keys') return [{ path, code: issue.code, message: issue.message }];
    const message = 'is not a field of this request; check its spelling or leave it out';
    return issue.keys.map((key) => ({ path: `${path}.${key}`, code: 'unknown_field', message }));
  });
}

export function requestSuite(target: () => Target): void {
  const app = appOf(target);
  const proof = { license_key: '4XQ7M-8RT2K-0ZVWN-6HJ3C-P5DYB-1V', device: { fingerprint: 'some-machine' } };
  const calls: readonly Call[] = ['activate', 'validate', 'deactivate', 'trial'];

  describe('a request', () => {
    test.each(calls)(
      'to %s without a key, or with a wrong one, is refused before it is read',
      async (call) => {
        const refused = async (authorization: string) => {
          const { status, error } = await app[call]({}, { headers: { authorization }, text: '{' });
          return [status, error?.code];
        };
        expect(await refused('')).toEqual([401, 'AUTHENTICATION_REQUIRED']);
        expect(await refused('Bearer wrong')).toEqual([401, 'INVALID_TOKEN']);
        expect(await refused('Basic d3Jvbmc6a2V5')).toEqual([401, 'INVALID_TOKEN']);
      },
    );

    test('that is no JSON object is refused in words', async () => {
      const faults: readonly [SendOptions, string][] = [
        [{ text: '{"license_key":' }, 'The body is not valid JSON; check quotes, commas and brackets.'],
        [{ text: '[]' }, 'The body must be a JSON object.'],
        [
          { headers: { 'content-type': 'text/plain' } },
          'Send JSON with the header "Content-Type: application/json".',
        ],
      ];
      for (const [options, message] of faults) {
        const { status, error } = await app.activate(proof, options);
        expect([status, error?.code, error?.details]).toEqual([
          400,
          'VALIDATION_ERROR',
          [{ path: '', code: 'invalid_body', message }],
        ]);
      }
    });

    const onDevice = (more: object) => ({ ...proof, device: { ...proof.device, ...more } });
    const malformed: readonly [Call, faults: string, body: Record<string, unknown>][] = [
      ['activate', 'device invalid_type, license_key invalid_type', {}],
      ['activate', 'license_key invalid_type', { ...proof, license_key: 7 }],
      ['activate', 'license_key invalid_format', { ...proof, license_key: ' ' }],
      ['activate', 'license_key too_big', { ...proof, license_key: 'x'.repeat(101) }],
      ['activate', 'nonce invalid_format', { ...proof, nonce: 'short' }],
      ['activate', 'nonce invalid_type', { ...proof, nonce: null }],
      ['activate', 'device.fingerprint invalid_format', { ...proof, device: { fingerprint: 'with space' } }],
      ['activate', 'device invalid_type', { ...proof, device: [] }],
      ['activate', 'device.name invalid_format, device.name too_small', onDevice({ name: '' })],
      ['activate', 'device.name invalid_format', onDevice({ name: 'a\nb' })],
      ['activate', 'device.name custom', onDevice({ name: '\ud800' })],
      ['activate', 'device.environment invalid_value', onDevice({ environment: 'moon' })],
      ['activate', 'device.serial unknown_field', onDevice({ serial: '1' })],
      [
        'activate',
        'device.components.cpu invalid_format, device.components.gpu unknown_field',
        onDevice({ components: { cpu: 'short', gpu: 'x'.repeat(22) } }),
      ],
      ['activate', 'replace_device_id invalid_format', { ...proof, replace_device_id: 'no id' }],
      ['activate', 'device_id unknown_field', { ...proof, device_id: 'dev_1' }],
      ['validate', 'required_features invalid_type', { ...proof, required_features: 'export' }],
      ['validate', 'required_features.0 invalid_type', { ...proof, required_features: [1] }],
      ['validate', 'required_features too_big', { ...proof, required_features: Array(51).fill('export') }],
      ['deactivate', 'device_id custom', { license_key: proof.license_key }],
      ['deactivate', 'device_id custom', { ...proof, device_id: 'dev_1' }],
      ['deactivate', 'device_id invalid_type', { ...proof, device_id: 1 }],
      ['trial', 'license_key unknown_field', { ...proof, product_id: 'prd_1' }],
      ['trial', 'product_id invalid_format', { device: proof.device, product_id: '' }],
    ];
    test.each(malformed)(
      'to %s with %s is refused, in the words of the contract',
      async (call, faults, body) => {
        const { status, error } = await app[call](body);
        expect([status, error?.code]).toEqual([400, 'VALIDATION_ERROR']);
        const details = error?.details as Fault[];
        expect(details.map(({ path, code }) => `${path} ${code}`).sort()).toEqual(faults.split(', '));
        const inOrder = (list: readonly Fault[]) => list.map(({ message }) => message).sort();
        expect(inOrder(details)).toEqual(inOrder(faultsByContract(call, body)));
      },
    );

    test('for a trial must name the product, where the key is not bound to one', async () => {
      const { status, error } = await app.trial({ device: proof.device });
      expect([status, error?.details]).toEqual([
        400,
        [
          {
            path: 'product_id',
            code: 'custom',
            message: 'is required unless the channel key is bound to exactly one product',
          },
        ],
      ]);
    });

    test('with a query is refused: fields belong into the body', async () => {
      const { error } = await app.activate(proof, { query: '?license_key=1' });
      expect(error?.details).toMatchObject([{ path: 'license_key', code: 'misplaced_field' }]);
    });

    test('keeps the id that its caller gave it', async () => {
      const { headers } = await app.validate(
        { ...proof, device: machine() },
        {
          headers: { 'x-request-id': 'support-case-42' },
        },
      );
      expect(headers.get('x-request-id')).toBe('support-case-42');
    });

    test('to nowhere, or with another method, is not found', async () => {
      const { baseUrl, fetch, channelKey } = target();
      const headers = { authorization: `Bearer ${channelKey}` };
      for (const [method, path] of [
        ['POST', '/api/v1/activate/nothing'],
        ['GET', '/api/v1/activate'],
      ] as const) {
        const response = await fetch(baseUrl + path, { method, headers });
        expect(response.status).toBe(404);
        expect(await response.json()).toMatchObject({
          success: false,
          error: { code: 'RESOURCE_NOT_FOUND', message: `There is no ${method} at this path.` },
        });
      }
    });

    test('for the published keys needs no key and gets the root keys to embed', async () => {
      const { baseUrl, fetch, rootKeys } = target();
      const response = await fetch(`${baseUrl}/.well-known/thrive-keys.json`);
      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ keyset: expect.any(String), root_keys: rootKeys });
    });
  });
}
