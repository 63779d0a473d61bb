// What a user does first, on whatever runs JavaScript. Gets the modules handed in, so that this file needs none.

/** In an installed app: a seat for this machine, and the license without a network. */
export async function activateAndCheck({ ThriveLicense, createFileStore }, { createEmulator }, directory) {
  const emulator = await createEmulator();
  const { key } = emulator.addLicense({ features: { export: true } });
  const { productId } = emulator.connection;
  const open = () =>
    new ThriveLicense({ ...emulator.connection, storage: createFileStore({ productId, directory }) });

  const license = open();
  await license.activate(key);
  emulator.faults.set('offline');
  const restarted = open();
  await restarted.load();
  return { before: license.check().status, after: restarted.check().status };
}

/** In a page: the online call, and the lease verified later without a network. */
export async function activateOnline({ ThriveOnline }, { createEmulator }) {
  const emulator = await createEmulator();
  const { key } = emulator.addLicense();
  const online = new ThriveOnline({ ...emulator.connection, device: { fingerprint: 'browser-profile-1' } });
  const { result, lease } = await online.activate(key);
  const requests = emulator.requests.length;
  const { ok } = await online.verify(lease);
  const forged = await online.verify({ ...lease, token: `${lease.token.slice(0, -4)}AAAA` });
  return { result, ok, forged: forged.ok, askedAgain: emulator.requests.length - requests };
}

/** On the vendor's own server: a managed list and a webhook. */
export async function manage({ ThriveAdmin, signWebhook, verifyWebhook }) {
  const meta = { request_id: 'req_1', pagination: { limit: 1, has_more: false, next_cursor: null } };
  const admin = new ThriveAdmin({
    baseUrl: 'https://licenses.example',
    apiKey: 'tt_admin_1',
    fetch: async () => Response.json({ success: true, data: [{ id: 'lic_1' }], meta }),
  });
  const ids = [];
  for await (const { id } of admin.licenses.iterate()) ids.push(id);

  const body = JSON.stringify({ id: 'evt_1', type: 'license.created', data: {} });
  const secret = `whsec_${btoa('0123456789abcdef0123456789abcdef')}`;
  const headers = await signWebhook(body, { id: 'evt_1', secret });
  const event = await verifyWebhook(body, headers, secret);
  const other = await verifyWebhook(`${body} `, headers, secret).catch((error) => error.code);
  return { ids, type: event.type, other };
}
