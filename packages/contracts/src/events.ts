import { z } from 'zod';
import { billingIntervals, subscriptionStatuses } from './billing.ts';
import { device, license } from './licenses.ts';
import { exampleId, id, timestamp } from './primitives.ts';

const asLeft = { description: 'The license is as this change left it, its key masked.' };
const licenseEventFields = z.object({
  license_id: id('license'),
  product_id: id('product'),
  customer_id: id('customer').nullable(),
  customer_email: z.string().nullable(),
  // Without a description of its own: beside a reference the document would call the object closed and empty.
  license,
  changes: z.array(z.string()).optional().meta({ description: 'Names of the fields that changed.' }),
});
const licenseEventData = licenseEventFields.meta(asLeft);
const deviceEventData = licenseEventFields
  .extend({
    device_id: id('device'),
    device,
  })
  .meta(asLeft);

const subscriptionEventData = z.object({
  subscription_id: id('subscription'),
  plan_code: z.string(),
  interval: z.enum(billingIntervals),
  status: z.enum(subscriptionStatuses),
  current_period_end: timestamp.nullable(),
});
const paymentEventData = z.object({
  payment_id: id('payment'),
  invoice_id: id('invoice'),
  amount: z.int().meta({ description: 'Minor units.' }),
  currency: z.string(),
  failure_code: z.string().nullable(),
});

/** The eleven events of the reference: when each is sent, and what its `data` holds. */
export const eventCatalogue = {
  'license.created': {
    description: 'New license created',
    data: licenseEventData,
  },
  'license.activated': {
    description: 'License activated on a device: a seat was taken',
    data: deviceEventData,
  },
  'license.deactivated': {
    description: 'Device deactivated: a seat was freed',
    data: deviceEventData,
  },
  'license.expired': {
    description: 'License expired, once per expiry',
    data: licenseEventData,
  },
  'license.revoked': { description: 'License revoked', data: licenseEventData },
  'subscription.created': {
    description: 'New subscription',
    data: subscriptionEventData,
  },
  'subscription.updated': {
    description: 'Plan changed',
    data: subscriptionEventData,
  },
  'subscription.canceled': {
    description: 'Subscription canceled',
    data: subscriptionEventData,
  },
  'subscription.renewed': {
    description: 'Subscription renewed and paid',
    data: subscriptionEventData,
  },
  'payment.succeeded': {
    description: 'Payment successful',
    data: paymentEventData,
  },
  'payment.failed': { description: 'Payment failed', data: paymentEventData },
} as const;

export type EventType = keyof typeof eventCatalogue;
/** All eleven, in the order of the reference. */
export const eventTypes = Object.keys(eventCatalogue) as [EventType, ...EventType[]];
export type EventData<Type extends EventType> = z.infer<(typeof eventCatalogue)[Type]['data']>;

/** The whole body of an event as webhooks carry it. */
export const eventBody = <Type extends EventType>(type: Type) =>
  z.object({
    id: id('event'),
    type: z.literal(type),
    created_at: timestamp,
    account_id: z.string().meta({ examples: [exampleId('account')] }),
    sequence: z.int().meta({
      description: 'Rises by one with each event of the account, without a gap.',
    }),
    data: eventCatalogue[type].data,
  });
