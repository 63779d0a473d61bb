import { createEmulator, createTestClock, type EmulatedLicense } from '../../src/testing/index.ts';
import type { LicenseFields, Target } from './target.ts';

const hourMs = 3_600_000;

/** The emulator as integrators get it. */
export async function emulatorTarget(): Promise<Target> {
  const clock = createTestClock();
  const emulator = await createEmulator({
    clock,
    products: [
      { id: 'prd_with_trial', trialDays: 14 },
      { id: 'prd_without_trial', trialDays: null },
      { id: 'prd_first_activation', expiryBasis: 'first_activation' },
    ],
  });
  const of = (licenseId: string): EmulatedLicense => {
    const license = emulator.licenses().find(({ id }) => id === licenseId);
    if (!license) throw new Error(`no license ${licenseId}`);
    return license;
  };
  const { baseUrl, fetch, channelKey, rootKeys, productId } = emulator;
  return {
    ...{ baseUrl, fetch, channelKey, rootKeys, productId },
    productWithoutTrial: 'prd_without_trial',
    async license({ fromFirstActivation = false, ...fields }: LicenseFields = {}) {
      const { id, key, productId } = emulator.addLicense({
        ...fields,
        ...(fromFirstActivation && { productId: 'prd_first_activation' }),
      });
      return { id, key, productId };
    },
    revoke: async (id) => of(id).revoke(),
    suspend: async (id) => of(id).suspend(),
    reinstate: async (id) => of(id).reinstate(),
    expire: async (id) => of(id).expire(),
    async enterGrace(id) {
      of(id).enterGrace();
      clock.advance(hourMs);
    },
    setLimit: async (id, deviceLimit) => of(id).setLimit(deviceLimit),
    async rotateKey(id) {
      of(id).rotateKey();
      return of(id).key;
    },
    removeDevice: async (id, deviceId) => of(id).removeDevice(deviceId),
    issueFile: async (id, request, options) =>
      JSON.parse(await of(id).issueFile(JSON.stringify(request), options)),
    rotateSigningKey: () => emulator.rotateSigningKey(),
    passTime: async (ms) => clock.advance(ms),
    close: async () => {},
  };
}
