import {
  activateLicense,
  createProduct,
  deactivateLicense,
  type License,
  removeDevice,
  revokeLicense,
  validateLicense,
} from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { createVendor, machine, unique, type Vendor } from '../support/builders.ts';
import { restDoor } from '../support/doors.ts';
import { sideEffects } from '../support/side-effects.ts';
import { useServer } from '../support/test-server.ts';

describe('on sqlite, where transactions share a commit,', () => {
  const server = useServer('sqlite');
  const door = restDoor(() => server.baseUrl);
  let vendor: Vendor;
  beforeAll(async () => {
    vendor = await createVendor(server);
  });
  const activate = (license: License, device = machine()) =>
    door.call<{ result: string; device: { id: string } }>(
      activateLicense,
      { license_key: license.key, device },
      { key: vendor.channel },
    );
  const validate = async (license: License, device: object) =>
    (
      await door.call<{ code: string }>(
        validateLicense,
        { license_key: license.key, device },
        { key: vendor.channel },
      )
    ).data.code;

  it('one that a unique index refuses takes none of its neighbours with it', async () => {
    const code = unique('code');
    const codes = [code, ...Array.from({ length: 20 }, () => unique('code')), code, code];
    const answers = await Promise.all(
      codes.map((each) => door.call(createProduct, { name: 'P', code: each }, { key: vendor.admin })),
    );
    const made = answers.filter(({ success }) => success);
    expect(made).toHaveLength(21);
    const refused = answers.filter(({ success }) => !success);
    for (const { status, error } of refused) {
      expect([status, error?.code]).toEqual([409, 'CONFLICT']);
    }
    const { audit } = await sideEffects(server, vendor);
    const audited = audit
      .filter(({ action }) => action === 'product.created')
      .map(({ target_id }) => target_id);
    expect(audited.sort()).toEqual(made.map(({ data }) => data['id']).sort());
  });

  it('a refused activation leaves no event, and those that share its commit have theirs, without a gap', async () => {
    const owner = await createVendor(server);
    const license = await owner.license({ device_limit: 5 });
    const answers = await Promise.all(
      Array.from({ length: 40 }, () =>
        door.call(activateLicense, { license_key: license.key, device: machine() }, { key: owner.channel }),
      ),
    );
    const count = (status: number) => answers.filter((answer) => answer.status === status).length;
    expect([count(201), count(409)]).toEqual([5, 35]);
    const { events } = await sideEffects(server, owner);
    expect(events.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('who is told that it happened can read it at once, and no memory says otherwise', async () => {
    const license = await vendor.license({ device_limit: 100 });
    await Promise.all(
      Array.from({ length: 60 }, async () => {
        const device = machine();
        expect(await validate(license, device)).toBe('DEVICE_NOT_ACTIVATED');
        const { data } = await activate(license, device);
        expect(data.result).toBe('activated');
        expect(await server.platform.database('devices').where({ id: data.device.id }).first()).toBeDefined();
        expect(await validate(license, device)).toBe('VALID');
        const proof = { license_key: license.key, device };
        await door.call(deactivateLicense, proof, { key: vendor.channel });
        expect(await validate(license, device)).toBe('DEVICE_NOT_ACTIVATED');
      }),
    );
  });

  it('changes of different things in one commit are each in force with their own answer', async () => {
    const licenses = await Promise.all(Array.from({ length: 20 }, () => vendor.license({ device_limit: 2 })));
    await Promise.all(
      licenses.map(async (license, n) => {
        const device = machine();
        const { data } = await activate(license, device);
        expect(await validate(license, device)).toBe('VALID');
        const licenseId = license.id;
        if (n % 2) await door.call(revokeLicense, { licenseId }, { key: vendor.admin });
        else await door.call(removeDevice, { licenseId, deviceId: data.device.id }, { key: vendor.admin });
        expect(await validate(license, device)).toBe(n % 2 ? 'LICENSE_REVOKED' : 'DEVICE_NOT_ACTIVATED');
      }),
    );
  });

  it('a steady stream of activations does not hold back a change by the vendor', async () => {
    const busy = await vendor.license({ device_limit: 100_000 });
    let isOver = false;
    const stream = Array.from({ length: 16 }, async () => {
      let done = 0;
      while (!isOver) done += (await activate(busy)).success ? 1 : 0;
      return done;
    });
    for (let n = 0; n < 20; n++) {
      const begun = performance.now();
      const { success } = await door.call(createProduct, { name: unique('P') }, { key: vendor.admin });
      expect(success).toBe(true);
      expect(performance.now() - begun).toBeLessThan(2_000);
    }
    isOver = true;
    const activated = (await Promise.all(stream)).reduce((sum, n) => sum + n, 0);
    const [row] = await server.platform
      .database('devices')
      .where({ license_id: busy.id, deactivated_at: null })
      .count({ n: '*' });
    expect(Number(row?.['n'])).toBe(activated);
  });
});
