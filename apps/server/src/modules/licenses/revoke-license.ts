import type { revokeLicense as contract } from '@thrivetech/contracts';
import { notFound } from '../../platform/app-error.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { AuditLog } from '../audit/index.ts';
import { isCounted, licenseView } from './license.ts';
import { recordLicenseEvent } from './license-events.ts';
import { releaseSeats, type SeatRepositories } from './release-seats.ts';

/** Revoking is final; the row and its history stay. A second call is the same fact, so it changes nothing. */
export function revokeLicense(deps: {
  uow: UnitOfWork<SeatRepositories & { audit: AuditLog }>;
}): UseCaseOf<typeof contract> {
  return (request, { licenseId, reason }) =>
    deps.uow.run(request, async (tx) => {
      const { now, actor } = request;
      const license = await tx.licenses.findForUpdate(actor.account_id, licenseId);
      if (!license) throw notFound('license');
      if (license.revoked_at !== null) return licenseView(license, now);

      const marked = { ...license, revoked_at: now, updated_at: now, version: license.version + 1 };
      await tx.licenses.replace(marked);
      if (isCounted(license)) tx.usage.countLess(actor.account_id, 'licenses');
      const revoked = await releaseSeats(tx, request, marked, await tx.devices.listActive(license));
      await recordLicenseEvent(tx, request, 'license.revoked', revoked);
      const view = licenseView(revoked, now);
      await tx.audit.record(request, {
        action: 'license.revoked',
        target_id: license.id,
        before: licenseView(license, now),
        after: reason === undefined ? view : { ...view, reason },
      });
      return view;
    });
}
