import type { redeliverWebhook as contract } from '@thrivetech/contracts';
import { conflict, notFound } from '../../platform/app-error.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { AuditLog } from '../audit/index.ts';
import { askForDelivery } from './deliver-events.ts';
import { deliveryView, requeued } from './delivery.ts';
import type { FanOutRepositories } from './fan-out-events.ts';
import { refuseDisabled } from './recover-deliveries.ts';

/** The same bytes under the same id once more, whatever became of them before. */
export function redeliver(deps: {
  uow: UnitOfWork<FanOutRepositories & { audit: AuditLog }>;
}): UseCaseOf<typeof contract> {
  return (request, { deliveryId }) =>
    deps.uow.run(request, async (tx) => {
      const { now, actor } = request;
      const { account_id } = actor;
      const delivery = await tx.deliveries.find(account_id, deliveryId);
      const endpoint = delivery && (await tx.endpoints.findForUpdate(account_id, delivery.endpoint_id));
      if (!endpoint) throw notFound('delivery');
      refuseDisabled(endpoint);
      const again = requeued(delivery, now);
      // It may have been attempted between the look and this.
      if (!(await tx.deliveries.replace(delivery, again)))
        throw conflict('concurrent_change', 'It is being delivered right now; read it again.');
      await askForDelivery(tx.jobs, endpoint, now);
      await tx.audit.record(request, {
        action: 'webhook_delivery.redelivered',
        target_id: delivery.id,
        before: deliveryView(delivery),
        after: deliveryView(again),
      });
      return deliveryView(again);
    });
}
