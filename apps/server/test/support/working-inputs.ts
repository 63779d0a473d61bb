import { activateLicense, createWebhookEndpoint, type WebhookEndpoint } from '@thrivetech/contracts';
import { dayMs, toTimestamp } from '../../src/platform/clock.ts';
import { storedInvoice, storedMethod } from './billing.ts';
import { licenseRequest, machine, unique, type Vendor } from './builders.ts';
import { restDoor } from './doors.ts';
import type { TestServer } from './test-server.ts';

const digest = 'AAAAAAAAAAAAAAAAAAAAAA';

/**
 * What an account that has its plan by contract cannot do, however right its input is: `CONFLICT`. The scenarios of
 * billing show these operations at work.
 */
export const refusedByContract: readonly string[] = [
  'billing.subscribe',
  'billing.upgrade',
  'billing.downgrade',
  'billing.cancel',
  'billing.resume',
  'billing.paymentMethods.create',
  'billing.testClock.advance',
];

/**
 * An input that works for every operation, by its name, with as many fields as go together. Each stands on things of
 * its own, so that one call does not spoil another.
 */
export async function workingInputs(
  server: TestServer,
  vendor: Vendor,
): Promise<Record<string, Record<string, unknown>>> {
  const door = restDoor(() => server.baseUrl);
  const now = server.clock.now();
  const created = { created_after: toTimestamp(now - dayMs), created_before: toTimestamp(now + dayMs) };
  const product = await vendor.product({ code: unique('code'), license_defaults: { trial_days: 14 } });
  const customer = await vendor.customer({ name: 'Ada', company: 'Engines' });
  const roomy = { product_id: product.id, customer_id: customer.id, device_limit: 1000 };
  const license = await vendor.license(roomy);
  const revocable = await vendor.license(roomy);
  const activate = async () => {
    const device = machine();
    const input = { license_key: license.key, device };
    const { data } = await door.call<{ device: { id: string } }>(activateLicense, input, {
      key: vendor.admin,
    });
    return { ...device, id: data.device.id };
  };
  const active = await activate();
  const leaving = await activate();
  const removable = await activate();
  const replaceable = await activate();
  const idOfKey = async (key: string): Promise<string> => {
    const { account_id } = vendor;
    const row = await server.platform
      .database('api_keys')
      .where({ account_id, last_four: key.slice(-4) })
      .first('id');
    return row.id;
  };
  // Nobody is there: nothing is delivered, and every attempt ends at once.
  const endpointFields = () => ({
    url: `https://${unique('hooks')}.example.com/thrive`,
    events: ['license.*', 'payment.failed'],
    description: 'For orders',
    ordered: false,
    enabled: true,
  });
  const endpoint = async () => {
    const { data } = await door.call<WebhookEndpoint>(createWebhookEndpoint, endpointFields(), {
      key: vendor.admin,
    });
    return data.id;
  };
  const sending = await endpoint();
  await vendor.license(roomy);
  await server.platform.jobs.runDue();
  const delivery = await server.platform
    .database('webhook_deliveries')
    .where({ endpoint_id: sending })
    .first();
  const event = await server.platform.database('events').where({ account_id: vendor.account_id }).first('id');

  const device = {
    ...machine(),
    components: { os_install_id: digest, board_id: digest, boot_disk: digest, mac: digest, cpu: digest },
    name: 'Laptop',
    platform: 'linux',
    arch: 'x64',
    os_version: '6.1',
    app_version: '1.2.3',
    environment: 'desktop',
  };
  const nonce = 'AAAAAAAAAAAAAAAAAAAAAA';
  const listed = { limit: 5, sort: '-created_at', ...created };
  const times = {
    starts_at: toTimestamp(now - dayMs),
    expires_at: toTimestamp(now + 30 * dayMs),
    grace_days: 3,
  };
  const licenseFields = {
    customer_id: customer.id,
    device_limit: 3,
    ...times,
    features: { export: true, seats: 5, tier: 'pro' },
    metadata: { order: 'A-1', total: 9.5, paid: true, note: null },
    notes: 'a\nb',
  };
  const productFields = () => ({
    name: 'Photo Studio',
    code: unique('code'),
    description: 'a\nb',
    status: 'active',
    license_defaults: {
      type: 'timed',
      device_limit: 2,
      duration_days: 30,
      trial_days: 14,
      lease_days: 7,
      grace_days: 1,
      features: { export: true },
      expiry_basis: 'creation',
    },
    metadata: { order: 'A-1' },
  });
  const customerFields = () => ({
    email: `${unique('ada')}@example.com`,
    name: 'Ada Lovelace',
    company: 'Analytical Engines',
    phone: '+44 1',
    metadata: { order: 'A-1' },
  });
  const licenseFilters = {
    ...listed,
    expires_after: created.created_after,
    expires_before: times.expires_at,
    status: 'active',
    type: 'timed',
    product_id: product.id,
  };

  const { limit: _limit, ...exportFilters } = licenseFilters;
  const invoiceId = await storedInvoice(server, vendor);
  const paymentMethodId = await storedMethod(server, vendor);

  return {
    'plans.list': {},
    'plans.get': { planCode: 'starter' },
    'billing.subscription.get': {},
    'billing.subscribe': { plan_code: 'starter', interval: 'month', payment_method: 'pmt_none' },
    'billing.upgrade': {
      plan_code: 'growth',
      interval: 'year',
      dry_run: true,
      proration_date: toTimestamp(now),
    },
    'billing.downgrade': { plan_code: 'starter', interval: 'month' },
    'billing.cancel': { at: 'period_end' },
    'billing.resume': {},
    'billing.usage.get': {},
    'billing.usage.history': { limit: 5, sort: '-created_at' },
    'billing.invoices.list': { ...listed, status: 'paid' },
    'billing.invoices.get': { invoiceId },
    'billing.invoices.pdf': { invoiceId },
    'billing.invoices.pay': { invoiceId, mark_paid: true, reference: 'Bank transfer' },
    'billing.paymentMethods.list': {},
    'billing.paymentMethods.create': { token: 'tok_1', return_url: 'https://vendor.example.com/billing' },
    'billing.paymentMethods.delete': { paymentMethodId },
    'billing.testClock.advance': { to: toTimestamp(now + dayMs) },
    'products.list': { ...listed, status: 'active', code: 'photo-studio' },
    'products.create': productFields(),
    'products.get': { productId: product.id },
    'products.update': { productId: product.id, ...productFields(), version: 1 },
    'products.delete': { productId: (await vendor.product()).id },
    'customers.list': { ...listed, email: 'ada@example.com', q: 'ada' },
    'customers.create': customerFields(),
    'customers.get': { customerId: customer.id },
    'customers.update': { customerId: customer.id, ...customerFields(), version: 1 },
    'customers.erase': { customerId: (await vendor.customer()).id },
    'customers.licenses': { customerId: customer.id, ...licenseFilters },
    'licenses.list': {
      ...licenseFilters,
      customer_id: customer.id,
      customer_email: 'ada@example.com',
      key: license.key,
      q: 'ada',
    },
    'licenses.create': { product_id: product.id, type: 'timed', ...licenseFields },
    'licenses.createMany': { licenses: [{ product_id: product.id, type: 'timed', ...licenseFields }] },
    'licenses.export': exportFilters,
    'licenses.suspend': { licenseId: (await vendor.license(roomy)).id, reason: 'Disputed' },
    'licenses.reinstate': { licenseId: license.id, reason: 'Settled' },
    'licenses.renew': {
      licenseId: (await vendor.license({ ...roomy, type: 'timed', duration_days: 9 })).id,
      duration_days: 30,
      from: 'now',
    },
    'licenses.rotateKey': { licenseId: (await vendor.license(roomy)).id, reason: 'Leaked' },
    'licenses.explain': { licenseId: license.id, device_id: active.id, as_of: times.expires_at },
    'licenses.get': { licenseId: license.id },
    'licenses.update': {
      licenseId: (await vendor.license({ ...roomy, type: 'timed', duration_days: 9 })).id,
      ...licenseFields,
      version: 1,
    },
    'licenses.revoke': { licenseId: revocable.id, reason: 'Refunded' },
    'licenses.devices.list': { licenseId: license.id, limit: 5, sort: 'created_at', status: 'active' },
    'licenses.devices.deactivate': { licenseId: license.id, deviceId: removable.id },
    'licenses.issueFile': {
      licenseId: license.id,
      request: licenseRequest(product.id, {
        device: { ...device, ...machine(), components: { os_install_id: 'B'.repeat(22) } },
        nonce,
        license_id: license.id,
      }),
      replace_device_id: replaceable.id,
      lease_days: 365,
    },
    'activations.activate': {
      license_key: license.key,
      product_id: product.id,
      nonce,
      device,
      replace_device_id: active.id,
    },
    'activations.validate': {
      license_key: license.key,
      product_id: product.id,
      nonce,
      device: { ...device, fingerprint: active.fingerprint },
      required_features: ['export'],
    },
    'activations.deactivate': {
      license_key: license.key,
      product_id: product.id,
      nonce,
      device: { fingerprint: leaving.fingerprint },
    },
    'activations.trial': { product_id: product.id, device, nonce },
    'apiKeys.list': { limit: 5, sort: '-created_at', type: 'channel' },
    'apiKeys.create': {
      name: 'App',
      type: 'channel',
      product_ids: [product.id],
      expires_at: times.expires_at,
    },
    'apiKeys.revoke': { apiKeyId: await idOfKey(await vendor.channelKey()) },
    'apiKeys.rotate': { apiKeyId: await idOfKey(await vendor.channelKey()), overlap_hours: 1 },
    'events.list': { ...listed, type: 'license.created', license_id: license.id },
    'events.get': { eventId: event.id },
    'audit.list': {
      ...listed,
      action: 'product.created',
      actor_id: await idOfKey(vendor.admin),
      target_id: product.id,
    },
    'webhooks.endpoints.list': { limit: 5, sort: '-created_at' },
    'webhooks.endpoints.create': endpointFields(),
    'webhooks.endpoints.get': { endpointId: sending },
    'webhooks.endpoints.update': { endpointId: await endpoint(), ...endpointFields(), version: 1 },
    'webhooks.endpoints.delete': { endpointId: await endpoint() },
    'webhooks.endpoints.rotateSecret': { endpointId: await endpoint(), overlap_hours: 1 },
    'webhooks.endpoints.ping': { endpointId: sending },
    'webhooks.endpoints.recover': { endpointId: sending, since: created.created_after },
    'webhooks.deliveries.list': {
      ...listed,
      endpoint_id: sending,
      event_id: delivery.event_id,
      status: 'pending',
    },
    'webhooks.deliveries.get': { deliveryId: delivery.id },
    'webhooks.deliveries.redeliver': { deliveryId: delivery.id },
  };
}
