import type { EventData, EventType } from './events.ts';
import type { Device, License } from './licenses.ts';
import { exampleId } from './primitives.ts';

const time = '2026-01-26T12:00:00.000Z';

const license: License = {
  ...{ id: exampleId('license'), key: '••••-9F3C', product_id: exampleId('product') },
  ...{ customer_id: exampleId('customer'), type: 'subscription', status: 'active' },
  ...{ device_limit: 3, devices_used: 1, features: { export: true, projects: 5 } },
  ...{ starts_at: time, expires_at: '2027-01-26T12:00:00.000Z', duration_days: 365 },
  ...{ expiry_basis: 'creation', grace_days: 7, first_activated_at: time },
  ...{ suspended_at: null, revoked_at: null, metadata: { order: 'A-1001' }, notes: null },
  ...{ created_at: time, updated_at: time, version: 1 },
};
const device: Device = {
  ...{ id: exampleId('device'), license_id: license.id, status: 'active', seat: 1 },
  ...{ fingerprint: '4b1cd9f0e2a7', name: "Ada's laptop", platform: 'linux', arch: 'x64' },
  ...{ os_version: '6.1', app_version: '4.2.0', environment: 'desktop' },
  ...{ activated_at: time, deactivated_at: null, last_seen_at: time },
};
const ofLicense = (changes: Partial<License> = {}) => ({
  ...{ license_id: license.id, product_id: license.product_id, customer_id: license.customer_id },
  ...{ customer_email: 'customer@example.com', license: { ...license, ...changes } },
});
const ofDevice = (changes: Partial<Device> = {}) => ({
  ...ofLicense({ devices_used: changes.deactivated_at ? 0 : 1 }),
  ...{ device_id: device.id, device: { ...device, ...changes } },
});
const ofSubscription = (changes: Partial<EventData<'subscription.created'>> = {}) => ({
  ...{ subscription_id: exampleId('subscription'), plan_code: 'growth', interval: 'month' as const },
  ...{ status: 'active' as const, current_period_end: '2026-02-26T12:00:00.000Z', ...changes },
});
const ofPayment = (failure_code: string | null) => ({
  ...{ payment_id: exampleId('payment'), invoice_id: exampleId('invoice') },
  ...{ amount: 14_900, currency: 'USD', failure_code },
});

const examples: { readonly [Type in EventType]: EventData<Type> } = {
  'license.created': ofLicense({ devices_used: 0, first_activated_at: null }),
  'license.activated': ofDevice(),
  'license.deactivated': ofDevice({ status: 'deactivated', deactivated_at: time }),
  'license.expired': ofLicense({ status: 'expired' }),
  'license.revoked': ofLicense({ status: 'revoked', revoked_at: time, devices_used: 0 }),
  'subscription.created': ofSubscription(),
  'subscription.updated': ofSubscription({ plan_code: 'enterprise' }),
  'subscription.canceled': ofSubscription({ status: 'canceled' }),
  'subscription.renewed': ofSubscription({ current_period_end: '2026-03-26T12:00:00.000Z' }),
  'payment.succeeded': ofPayment(null),
  'payment.failed': ofPayment('card_declined'),
};

/** A made-up event of a type, whole and right in form: for documents, and for trying a receiver. */
export const exampleEvent = (type: EventType) => ({
  ...{ id: exampleId('event'), type, created_at: time, account_id: exampleId('account'), sequence: 42 },
  data: examples[type],
});
