import type { Tracing } from '../../platform/tracing.ts';
import type { WebhookSender } from './send-webhook.ts';

/** The sender with a span for each attempt. Its address and its body are the receiver's affair and stay out of it. */
export function observeSender(sender: WebhookSender, tracing: Tracing): WebhookSender {
  return {
    ...sender,
    send: (url, headers, body) =>
      tracing.observe(
        {
          ...{ name: 'webhooks.send', kind: 'client' },
          facts: {
            event_id: headers['webhook-id'],
            event_type: headers['x-webhook-event'],
            attempt: Number(headers['x-webhook-attempt']),
          },
        },
        () => sender.send(url, headers, body),
        ({ status, error }) => ({ status, error }),
      ),
  };
}
