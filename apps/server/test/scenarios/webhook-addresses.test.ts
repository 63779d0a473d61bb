import { createServer } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import { createVendor, unique, type Vendor } from '../support/builders.ts';
import { eachDoor, restDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { allRows } from '../support/tables.ts';
import { useServer } from '../support/test-server.ts';
import { newEndpoint, webhooksOf } from '../support/webhooks.ts';

describe('where webhooks may go', () => {
  /** What names lead to; a test changes it to have a name change its mind. */
  const names: Record<string, string[]> = {
    'public.example.com': ['93.184.216.34', '2606:2800:220:1:248:1893:25c8:1946'],
    'internal.example.com': ['10.0.0.7'],
    'half.example.com': ['93.184.216.34', '10.0.0.7'],
    'metadata.example.com': ['169.254.169.254'],
    'six.example.com': ['fd00::7'],
  };
  const resolve = async (hostname: string) => {
    const found = names[hostname];
    if (!found) throw new Error(`There is no ${hostname}.`);
    return found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  };

  eachDatabase((database) => {
    const server = useServer(database, { sending: { resolve } });

    eachDoor((openDoor) => {
      const door = openDoor(() => server.baseUrl);
      let vendor: Vendor;
      beforeAll(async () => {
        vendor = await createVendor(server);
      });
      const webhooks = webhooksOf(door, () => vendor);

      it.each([
        'https://127.0.0.1/',
        'https://2130706433/',
        'https://0x7f000001/',
        'https://0177.0.0.1/',
        'https://127.1/',
        'https://127.0.0.1:8443/hook',
        'https://0.0.0.0/',
        'https://10.1.2.3/',
        'https://172.16.0.1/',
        'https://192.168.1.1/',
        'https://100.64.0.1/',
        'https://169.254.169.254/latest/meta-data/',
        'https://224.0.0.1/',
        'https://255.255.255.255/',
        'https://[::1]/',
        'https://[::]/',
        'https://[::ffff:7f00:1]/',
        'https://[::ffff:10.0.0.7]/',
        'https://[64:ff9b::7f00:1]/',
        'https://[2002:7f00:1::]/',
        'https://[fd00::1]/',
        'https://[fe80::1]/',
        'https://internal.example.com/',
        'https://half.example.com/',
        'https://metadata.example.com/',
        'https://six.example.com/',
        'http://public.example.com/',
        'https://user@public.example.com/',
        'https://user:secret@public.example.com/',
        'ftp://public.example.com/',
        'file:///etc/passwd',
        'https://',
        'https://public.example.com/a b',
        'https://public.example.com:99999/',
        'public.example.com',
        `https://public.example.com/${'x'.repeat(2000)}`,
      ])('%s is a 400 that names the url, for a create and an update, and changes nothing', async (bad) => {
        const { id: endpointId } = await newEndpoint(webhooks, { url: 'https://public.example.com/' });
        const before = await allRows(server);
        for (const answer of [
          await webhooks.create({ url: bad }),
          await webhooks.update({ endpointId, url: bad }),
        ]) {
          expect([answer.status, answer.error]).toMatchObject([
            400,
            { code: 'VALIDATION_ERROR', details: [{ path: 'url' }] },
          ]);
        }
        expect(await allRows(server)).toEqual(before);
      });

      it.each([
        'https://public.example.com/hook?tenant=1',
        'https://1.1.1.1/',
        'https://[2606:4700:4700::1111]:8443/',
        'https://not-there-yet.example.com/',
      ])('%s is taken', async (good) => {
        expect((await webhooks.create({ url: good })).data.url).toBe(good);
      });
    });

    it('a name that leads inside by the time of the attempt is not contacted', async () => {
      const contacts: string[] = [];
      const inside = createServer((socket) => {
        contacts.push(String(socket.remoteAddress));
        socket.destroy();
      });
      await new Promise<void>((listening) => inside.listen(0, '127.0.0.1', listening));
      const { port } = inside.address() as { port: number };
      try {
        const vendor = await createVendor(server);
        const webhooks = webhooksOf(
          restDoor(() => server.baseUrl),
          () => vendor,
        );
        const host = `${unique('changing')}.example.com`;
        names[host] = ['93.184.216.34'];
        const { id } = await newEndpoint(webhooks, { url: `https://${host}:${port}/` });
        names[host] = ['127.0.0.1'];
        await vendor.license();
        await server.platform.jobs.runDue();
        const { data } = await webhooks.deliveries({ endpoint_id: id });
        expect(data).toMatchObject([{ status: 'pending', attempts: 1, last_error: 'address_refused' }]);
        expect((await webhooks.ping({ endpointId: id })).data).toMatchObject({
          outcome: 'failed',
          error: 'address_refused',
        });
        expect(contacts).toEqual([]);
      } finally {
        await new Promise((closed) => inside.close(closed));
      }
    });
  });
});
