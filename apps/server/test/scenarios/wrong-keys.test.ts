import { randomBytes } from 'node:crypto';
import {
  activateLicense,
  deactivateLicense,
  type ProcedureContract,
  validateLicense,
} from '@thrivetech/contracts';
import { generateLicenseKey } from '@thrivetech/lease';
import { beforeEach, describe, expect, it } from 'vitest';
import { hourMs, minuteMs } from '../../src/platform/clock.ts';
import { createVendor, machine, type Vendor } from '../support/builders.ts';
import { eachDatabase } from '../support/each-database.ts';
import { useServer } from '../support/test-server.ts';

const perMinute = 5;

eachDatabase((database) => {
  const server = useServer(database, { wrongLicenseKeysPerMinute: perMinute });

  describe.each([
    ['REST', (contract: ProcedureContract) => `/api/v1${contract.path}`],
    ['tRPC', (contract: ProcedureContract) => `/trpc/${contract.name}`],
  ] as const)('through %s', (_door, urlOf) => {
    let vendor: Vendor;
    let license: { id: string; key: string };
    let address = 0;
    beforeEach(async () => {
      vendor = await createVendor(server);
      license = await vendor.license({ device_limit: 100 });
    });

    // Not over the network: a test has one address, and these are about many.
    const call = async (
      from: string,
      license_key: string,
      contract: ProcedureContract = activateLicense,
      key = vendor.channel,
    ) => {
      const answer = await server.platform.app.inject({
        method: 'POST',
        url: urlOf(contract),
        remoteAddress: from,
        headers: { authorization: `Bearer ${key}` },
        payload: { license_key, device: machine() },
      });
      return { status: answer.statusCode, retryAfter: Number(answer.headers['retry-after']) };
    };
    const newAddress = () => `10.0.${Math.floor(++address / 250)}.${address % 250}`;
    const wrongKey = () => generateLicenseKey((length) => randomBytes(length));
    const guess = async (from: string, times: number) => {
      const statuses = [];
      for (let n = 0; n < times; n++) statuses.push((await call(from, wrongKey())).status);
      return statuses;
    };
    const isAdmitted = async (from: string) => [200, 201].includes((await call(from, license.key)).status);

    it(`an address may be wrong ${perMinute} times a minute, then it must wait, with a right key too`, async () => {
      const from = newAddress();
      expect(await guess(from, perMinute + 2)).toEqual([...Array(perMinute).fill(404), 429, 429]);
      const refused = await call(from, license.key);
      expect(refused.status).toBe(429);
      expect(refused.retryAfter).toBeGreaterThan(0);
      server.clock.advance(refused.retryAfter * 1000);
      expect(await isAdmitted(from)).toBe(true);
    });

    it('right keys are never counted', async () => {
      const from = newAddress();
      for (let n = 0; n < 5 * perMinute; n++) expect(await isAdmitted(from)).toBe(true);
      expect(await guess(from, 1)).toEqual([404]);
    });

    it('others go on undisturbed: another address, another channel key, an admin', async () => {
      const from = newAddress();
      await guess(from, perMinute);
      expect(await isAdmitted(from)).toBe(false);
      expect(await isAdmitted(newAddress())).toBe(true);
      const other = await vendor.channelKey();
      expect((await call(from, license.key, activateLicense, other)).status).toBeLessThan(300);
      expect((await call(from, license.key, activateLicense, vendor.admin)).status).toBeLessThan(300);
    });

    it('all calls that take a key share the count', async () => {
      const from = newAddress();
      const statuses = [];
      for (const contract of [
        validateLicense,
        deactivateLicense,
        validateLicense,
        activateLicense,
        validateLicense,
      ])
        statuses.push((await call(from, wrongKey(), contract)).status);
      expect(statuses).toEqual([200, 404, 200, 404, 200]);
      for (const contract of [activateLicense, validateLicense, deactivateLicense])
        expect((await call(from, license.key, contract)).status).toBe(429);
    });

    it('who guesses steadily gets ten minutes of guesses in an hour', async () => {
      const from = newAddress();
      // Begins with an hour of the clock, so that one window sees it all.
      server.clock.set(Math.ceil(server.clock.now() / hourMs) * hourMs);
      let admitted = 0;
      for (let minute = 0; minute < 30; minute++) {
        admitted += (await guess(from, perMinute)).filter((status) => status === 404).length;
        server.clock.advance(2 * minuteMs - 1);
      }
      expect(admitted).toBeLessThanOrEqual(10 * perMinute);
      expect(admitted).toBeGreaterThan(5 * perMinute);
    });

    it('many addresses with few guesses each are stopped, and an address without a wrong guess is not', async () => {
      const innocent = newAddress();
      const once = newAddress();
      await guess(once, 1);
      for (let n = 0; n < 20; n++) await guess(newAddress(), perMinute);
      expect(await guess(once, 1)).toEqual([429]);
      expect(await isAdmitted(innocent)).toBe(true);
    });

    it.each([activateLicense, validateLicense])(
      'guesses sent all at once are counted as well: $path',
      async (contract) => {
        const from = newAddress();
        const answers = await Promise.all(Array.from({ length: 60 }, () => call(from, wrongKey(), contract)));
        expect(answers.filter(({ status }) => status !== 429)).toHaveLength(perMinute);
      },
    );
  });
});
