export { createAddressGuard } from './address-guard.ts';
export { deliverEvents } from './deliver-events.ts';
export { createDeliveryRepository } from './delivery.repository.ts';
export { createEndpointRepository } from './endpoint.repository.ts';
export { fanOutEvents } from './fan-out-events.ts';
export { forgetDeliveries } from './forget-deliveries.ts';
export { observeSender } from './observe-sender.ts';
export { webhooksRouter } from './router.ts';
export {
  createWebhookSender,
  type Resolve,
  resolveByDns,
  type SendLimits,
  type WebhookSender,
} from './send-webhook.ts';
export { newWebhookSecret, signedHeaders } from './webhook-signature.ts';
