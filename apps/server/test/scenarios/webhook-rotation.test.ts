import { beforeEach, describe, expect, it } from 'vitest';
import { hourMs } from '../../src/platform/clock.ts';
import { createVendor, type Vendor } from '../support/builders.ts';
import { eachDoor } from '../support/doors.ts';
import { eachDatabase } from '../support/each-database.ts';
import { useServer, webhooksToThisMachine } from '../support/test-server.ts';
import { isSignedWith, useReceiver } from '../support/webhook-receiver.ts';
import { newEndpoint, webhooksOf } from '../support/webhooks.ts';

eachDatabase((database) => {
  const server = useServer(database, webhooksToThisMachine);
  const receiver = useReceiver();
  const deliver = () => server.platform.jobs.runDue();

  eachDoor((openDoor) => {
    const door = openDoor(() => server.baseUrl);
    let vendor: Vendor;
    beforeEach(async () => {
      vendor = await createVendor(server);
    });
    const webhooks = webhooksOf(door, () => vendor);

    describe('rotating the secret', () => {
      it('during the overlap both verify, after it only the new one', async () => {
        const mailbox = receiver.mailbox();
        const { id: endpointId, secret: before } = await newEndpoint(webhooks, { url: mailbox.url });
        const { data } = await webhooks.rotate({ endpointId, overlap_hours: 2 });
        expect(data.previous_secret_until).not.toBeNull();
        const verified: [boolean, boolean][] = [];
        for (const wait of [0, 2 * hourMs - 1, 1]) {
          server.clock.advance(wait);
          await vendor.license();
          await deliver();
          const newest = mailbox.received.at(-1);
          if (newest) verified.push([isSignedWith(before, newest), isSignedWith(data.secret, newest)]);
        }
        expect(verified).toEqual([
          [true, true],
          [true, true],
          [false, true],
        ]);
        expect((await webhooks.get({ endpointId })).data.previous_secret_until).toBeNull();
      });

      it('without an overlap the old secret is out at once; rotated twice, the oldest is', async () => {
        const mailbox = receiver.mailbox();
        const { id: endpointId, secret: first } = await newEndpoint(webhooks, { url: mailbox.url });
        const second = (await webhooks.rotate({ endpointId, overlap_hours: 0 })).data.secret;
        await webhooks.ping({ endpointId });
        const third = (await webhooks.rotate({ endpointId, overlap_hours: 24 })).data.secret;
        await webhooks.ping({ endpointId });
        const fourth = (await webhooks.rotate({ endpointId })).data.secret;
        await webhooks.ping({ endpointId });
        const verifying = mailbox.received.map((received) =>
          [first, second, third, fourth].map((secret) => isSignedWith(secret, received)),
        );
        expect(verifying).toEqual([
          [false, true, false, false],
          [false, true, true, false],
          [false, false, true, true],
        ]);
      });
    });
  });
});
