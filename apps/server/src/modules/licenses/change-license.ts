import { conflict, notFound } from '../../platform/app-error.ts';
import type { RequestContext } from '../../platform/request-context.ts';
import type { AuditLog } from '../audit/index.ts';
import type { LicenseRepository } from './license.repository.ts';
import { type LicenseRecord, licenseView } from './license.ts';

/**
 * Changes a license and writes the audit entry, in the caller's transaction. A change that gives back the license it
 * got is a repetition: nothing is written and nobody is told.
 *
 * @throws {AppError} RESOURCE_NOT_FOUND; CONFLICT for a revoked license, which never changes again.
 */
export async function changeLicense(
  tx: { licenses: LicenseRepository; audit: AuditLog },
  request: RequestContext,
  what: { licenseId: string; action: string; reason?: string | undefined },
  change: (license: LicenseRecord) => LicenseRecord | Promise<LicenseRecord>,
): Promise<LicenseRecord> {
  const { now, actor } = request;
  const license = await tx.licenses.findForUpdate(actor.account_id, what.licenseId);
  if (!license) throw notFound('license');
  if (license.revoked_at !== null) {
    throw conflict('license_revoked', 'A revoked license cannot be changed; issue a new one.');
  }
  const wanted = await change(license);
  if (wanted === license) return license;

  const changed = { ...wanted, updated_at: now, version: license.version + 1 };
  await tx.licenses.replace(changed);
  const after = licenseView(changed, now);
  await tx.audit.record(request, {
    action: what.action,
    target_id: license.id,
    before: licenseView(license, now),
    after: what.reason === undefined ? after : { ...after, reason: what.reason },
  });
  return changed;
}
