import { activateLicense, deactivateLicense, startTrial, validateLicense } from '@thrivetech/contracts';
import { describe, expect, it } from 'vitest';
import { createActivationApi } from './activation-api.ts';
import { createManualClock } from './manual-clock.fixtures.ts';

const device = {
  fingerprint: 'this-machine',
  components: { mac: 'digest-of-mac-address' },
  name: 'Studio',
  environment: 'desktop',
} as const;
const call = { device, nonce: 'AAAAAAAAAAAAAAAAAAAAAA' };
const licenseKey = '00000-00000-00000-00000-00000-0B';

/** The example of an answer, or this one. */
function apiThat(answers: (url: string) => unknown) {
  const sent: { url: string; method: string; body: unknown; authorization: string | null }[] = [];
  const api = createActivationApi({
    baseUrl: 'https://licenses.example',
    productId: 'prd_01k9zj4t5w8x2y6b3c7d9f1g5h',
    apiKey: 'tt_chan_0',
    clock: createManualClock(0),
    random: () => 0,
    fetch: async (url, init) => {
      const body = init?.body ? JSON.parse(String(init.body)) : undefined;
      const authorization = new Headers(init?.headers).get('authorization');
      sent.push({ url: String(url), method: String(init?.method), body, authorization });
      return Response.json(answers(String(url)));
    },
  });
  return { api, sent };
}
const success = (data: unknown) => ({ success: true, data, meta: {} });

describe('the four calls', () => {
  const calls = [
    [activateLicense, { license_key: licenseKey, replace_device_id: 'dev_01k9zj4t5w8x2y6b3c7d9f1g5h' }],
    [validateLicense, { license_key: licenseKey }],
    [deactivateLicense, { license_key: licenseKey }],
    [startTrial, {}],
  ] as const;

  it('send what the contract takes, where it takes it', async () => {
    const { api, sent } = apiThat(() =>
      success({ result: 'ok', code: 'VALID', lease: { token: 'a.b.c' }, nonce: call.nonce }),
    );
    await api.activate({ ...call, licenseKey, replaceDeviceId: 'dev_01k9zj4t5w8x2y6b3c7d9f1g5h' });
    await api.validate({ ...call, licenseKey });
    await api.deactivate({ ...call, licenseKey });
    await api.startTrial(call);
    for (const [index, [contract, more]] of calls.entries()) {
      const { url, method, body, authorization } = sent[index] ?? {};
      expect([method, url]).toEqual([contract.method, `https://licenses.example/api/v1${contract.path}`]);
      expect(body).toEqual({
        ...more,
        product_id: 'prd_01k9zj4t5w8x2y6b3c7d9f1g5h',
        device,
        nonce: call.nonce,
      });
      expect(contract.input.safeParse(body).error).toBeUndefined();
      expect(authorization).toBe('Bearer tt_chan_0');
    }
  });

  it('believe no answer of another form', async () => {
    for (const data of [
      null,
      [],
      'x',
      {},
      { result: 1, lease: { token: 'a.b.c' } },
      { result: 'activated', lease: 'a.b.c' },
    ]) {
      const { api } = apiThat(() => success(data));
      const untrusted = { code: 'UNTRUSTED_ANSWER' };
      await expect(api.activate({ ...call, licenseKey })).rejects.toMatchObject(untrusted);
      await expect(api.startTrial(call)).rejects.toMatchObject(untrusted);
      await expect(api.validate({ ...call, licenseKey })).rejects.toMatchObject(untrusted);
    }
  });
});

describe('the published keys', () => {
  it('are fetched without a key, and only the keyset is looked at', async () => {
    const { api, sent } = apiThat(() => ({ keyset: 'a.b.c', root_keys: [{ kid: 'of a stranger' }] }));
    expect(await api.fetchKeyset()).toBe('a.b.c');
    expect(sent).toEqual([
      {
        url: 'https://licenses.example/.well-known/thrive-keys.json',
        method: 'GET',
        body: undefined,
        authorization: null,
      },
    ]);
  });

  it('are not what a login page says', async () => {
    for (const answer of ['<html>', null, [], {}, { keyset: 1 }]) {
      await expect(apiThat(() => answer).api.fetchKeyset()).rejects.toMatchObject({
        code: 'UNTRUSTED_ANSWER',
      });
    }
  });
});
