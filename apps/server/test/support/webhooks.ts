import {
  createWebhookEndpoint,
  deleteWebhookEndpoint,
  getWebhookDelivery,
  getWebhookEndpoint,
  listWebhookDeliveries,
  pingWebhookEndpoint,
  recoverWebhookDeliveries,
  redeliverWebhook,
  rotateWebhookSecret,
  updateWebhookEndpoint,
  type WebhookDelivery,
  type WebhookEndpoint,
} from '@thrivetech/contracts';
import type { z } from 'zod';
import type { Answer } from './answer.ts';
import type { Vendor } from './builders.ts';
import type { Door } from './doors.ts';
import type { TestServer } from './test-server.ts';

type Input = Record<string, unknown>;
export type EndpointWithSecret = WebhookEndpoint & { readonly secret: string };
type DeliveryDetails = z.output<typeof getWebhookDelivery.output>;

/** The operations on endpoints and deliveries, as their vendor calls them; `key` when another shall. */
export function webhooksOf(door: Door, vendor: () => Vendor) {
  const call =
    <Data>(contract: Parameters<Door['call']>[0]) =>
    (input: Input, key = vendor().admin): Promise<Answer<Data>> =>
      door.call<Data>(contract, input, { key });
  return {
    create: call<EndpointWithSecret>(createWebhookEndpoint),
    get: call<WebhookEndpoint>(getWebhookEndpoint),
    update: call<WebhookEndpoint>(updateWebhookEndpoint),
    remove: call<{ id: string }>(deleteWebhookEndpoint),
    rotate: call<EndpointWithSecret>(rotateWebhookSecret),
    ping: call<z.output<typeof pingWebhookEndpoint.output>>(pingWebhookEndpoint),
    recover: call<{ requeued: number; has_more: boolean }>(recoverWebhookDeliveries),
    deliveries: call<WebhookDelivery[]>(listWebhookDeliveries),
    delivery: call<DeliveryDetails>(getWebhookDelivery),
    redeliver: call<WebhookDelivery>(redeliverWebhook),
  };
}

/** An endpoint that must come into being. */
export async function newEndpoint(
  webhooks: ReturnType<typeof webhooksOf>,
  input: Input,
): Promise<EndpointWithSecret> {
  const { data, error } = await webhooks.create(input);
  if (error) throw new Error(JSON.stringify(error));
  return data;
}

/** The account's events as they are stored, in order. */
export async function storedEvents(
  server: TestServer,
  { account_id }: Pick<Vendor, 'account_id'>,
): Promise<{ id: string; type: string; sequence: number; body: string }[]> {
  return server.platform
    .database('events')
    .where({ account_id })
    .orderBy('sequence')
    .select('id', 'type', 'sequence', 'body');
}
