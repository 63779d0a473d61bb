import {
  activateLicense,
  deactivateLicense,
  type Event,
  getEvent,
  type License,
  listEvents,
  revokeLicense,
} from '@thrivetech/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { createVendor, machine, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { sideEffects } from '../support/side-effects.ts';
import { useServer } from '../support/test-server.ts';

eachDatabase((database) => {
  const server = useServer(database);

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    let licenses: [License, License];
    let times: number[];
    beforeAll(async () => {
      vendor = await createVendor(server);
      const start = server.clock.now();
      const first = await vendor.license({ notes: 'Ελλάδα "quoted"', metadata: { n: 1.5 } });
      server.clock.advance(1_000);
      const second = await vendor.license();
      const device = machine();
      const proof = { license_key: first.key, device };
      await door.call(activateLicense, proof, { key: vendor.channel });
      // Within one millisecond: order is that of the sequence, not of time or id.
      for (let n = 0; n < 10; n++) {
        await door.call(deactivateLicense, proof, { key: vendor.channel });
        await door.call(activateLicense, proof, { key: vendor.channel });
      }
      server.clock.advance(1_000);
      await door.call(revokeLicense, { licenseId: second.id }, { key: vendor.admin });
      licenses = [first, second];
      times = [start, start + 1_000, start + 2_000];
    });
    const list = async (filters: Record<string, unknown> = {}, key = vendor.read_only) => {
      const answer = await door.call<Event[]>(listEvents, { limit: 100, ...filters }, { key });
      expect(answer.error).toBeUndefined();
      return answer.data;
    };
    const sequences = async (filters: Record<string, unknown>) =>
      (await list(filters)).map(({ sequence }) => sequence);
    const iso = (index: number, offset = 0) => new Date((times[index] ?? 0) + offset).toISOString();

    it('lists every event of the account in the order of its sequence, the newest first', async () => {
      const all = Array.from({ length: 24 }, (_event, index) => index + 1);
      expect(await sequences({ sort: 'created_at' })).toEqual(all);
      expect(await sequences({})).toEqual(all.toReversed());
    });

    it('an event is byte for byte what is stored and what webhooks carry', async () => {
      const stored: { id: string; body: string }[] = await server.platform
        .database('events')
        .where({ account_id: vendor.account_id })
        .orderBy('sequence');
      const listed = await list({ sort: 'created_at' });
      expect(listed.map((event) => JSON.stringify(event))).toEqual(stored.map(({ body }) => body));
      for (const { id, body } of stored.slice(0, 3)) {
        const { data } = await door.call(getEvent, { eventId: id }, { key: vendor.read_only });
        expect(JSON.stringify(data)).toBe(body);
      }
    });

    it('filters by type, license and time, one by one and together', async () => {
      const [first, second] = licenses;
      const types = async (filters: Record<string, unknown>) =>
        [...new Set((await list(filters)).map(({ type }) => type))].sort();
      expect(await types({ type: 'license.revoked' })).toEqual(['license.revoked']);
      expect(await sequences({ type: 'license.created' })).toEqual([2, 1]);
      expect(await sequences({ type: 'license.expired' })).toEqual([]);
      expect(await sequences({ license_id: second.id })).toEqual([24, 2]);
      expect((await list({ license_id: first.id })).length).toBe(22);
      expect(await sequences({ license_id: first.id, type: 'license.created' })).toEqual([1]);
      expect(await sequences({ license_id: 'lic_none' })).toEqual([]);
      expect(await sequences({ created_before: iso(1) })).toEqual([1]);
      expect(await sequences({ created_after: iso(1) })).toEqual([24]);
      expect((await list({ created_after: iso(1, -1), created_before: iso(1, 1) })).length).toBe(22);
    });

    it('gives every event once, page by page, also while new ones come', async () => {
      for (const sort of ['created_at', '-created_at']) {
        const seen: number[] = [];
        let cursor: string | undefined;
        do {
          const page = await door.call<Event[]>(
            listEvents,
            { limit: 7, sort, license_id: licenses[0].id, ...(cursor && { cursor }) },
            { key: vendor.admin },
          );
          seen.push(...page.data.map(({ sequence }) => sequence));
          cursor = page.pagination?.next_cursor ?? undefined;
        } while (cursor);
        expect(seen).toHaveLength(22);
        expect(new Set(seen).size).toBe(22);
        const sorted = [...seen].sort((a, b) => (sort === 'created_at' ? a - b : b - a));
        expect(seen).toEqual(sorted);
      }
    });

    it('reading leaves no trace', async () => {
      const before = await sideEffects(server, vendor);
      const [event] = await list();
      await door.call(getEvent, { eventId: event?.id }, { key: vendor.admin });
      expect(await sideEffects(server, vendor)).toEqual(before);
    });

    describe('another account', () => {
      it('has none of them, and its answer for one is that for none', async () => {
        const stranger = await createVendor(server);
        expect(await list({}, stranger.admin)).toEqual([]);
        expect(await list({ license_id: licenses[0].id }, stranger.admin)).toEqual([]);
        const [event] = await list();
        const foreign = await door.call(getEvent, { eventId: event?.id }, { key: stranger.admin });
        const missing = await door.call(getEvent, { eventId: 'evt_none' }, { key: stranger.admin });
        expect([foreign.status, foreign.error]).toEqual([404, missing.error]);
      });
    });

    it('a channel key sees none, and an unknown filter or type is refused by name', async () => {
      const denied = await door.call(listEvents, {}, { key: vendor.channel });
      expect([denied.status, denied.error?.code]).toEqual([403, 'PERMISSION_DENIED']);
      for (const [field, value] of [
        ['type', 'license.eaten'],
        ['licence_id', 'lic_1'],
        ['created_after', 'today'],
      ] as const) {
        const answer = await door.call(listEvents, { [field]: value }, { key: vendor.admin });
        expect(answer.status).toBe(400);
        expect(answer.error?.details).toContainEqual(expect.objectContaining({ path: field }));
      }
    });
  });
});
