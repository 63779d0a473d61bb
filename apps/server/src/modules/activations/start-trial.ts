import type { startTrial as contract } from '@thrivetech/contracts';
import { AppError, invalid, notFound } from '../../platform/app-error.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { NewId } from '../../platform/ids.ts';
import type { Actor, RequestContext } from '../../platform/request-context.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { LeaseIssuer } from '../leases/index.ts';
import {
  type LicenseKeys,
  type LicenseRecord,
  licenseState,
  newLicense,
  recordLicenseEvent,
  releaseSeats,
  type SeatRepositories,
} from '../licenses/index.ts';
import type { ProductRecord, ProductRepository } from '../products/index.ts';
import { answerTail, deviceForApp, leaseForApp, licenseForApp } from './activation-view.ts';
import { refuseByState } from './refuse-by-state.ts';
import { keptSeat, recognizeDevice, takeSeat } from './take-seat.ts';
import { type TrialAnchorRepository, trialAnchors } from './trial-anchor.repository.ts';

type Repositories = SeatRepositories & { products: ProductRepository; trialAnchors: TrialAnchorRepository };
interface Dependencies {
  uow: UnitOfWork<Repositories>;
  newId: NewId;
  licenseKeys: LicenseKeys;
  leases: LeaseIssuer;
}

/**
 * One trial per machine and product, for ever. The product row is locked, so that parallel first calls of one
 * machine find each other; the unique anchors would stop the second one even without that.
 */
export function startTrial(deps: Dependencies): UseCaseOf<typeof contract> {
  return (request, input) =>
    deps.uow.run(request, async (tx) => {
      const { account_id } = request.actor;
      const product = await tx.products.findForUpdate(account_id, productOf(request.actor, input.product_id));
      if (!product) throw notFound('product');

      const anchors = trialAnchors(input.device);
      const knownId = await tx.trialAnchors.findLicenseId(account_id, product.id, anchors);
      const known = knownId === null ? null : await tx.licenses.findForUpdate(account_id, knownId);
      if (known) refuseEndedTrial(known, request.now);
      const trial = known ?? (await createTrial(deps, tx, request, product));
      await tx.trialAnchors.remember(
        { account_id, product_id: product.id, license_id: trial.id },
        anchors,
        request.now,
      );

      const { device, nonce } = input;
      const kept = keptSeat(await recognizeDevice(tx.devices, trial, device), device, request.now);
      const vacated = kept ? trial : await vacate(tx, request, trial);
      const seated = await takeSeat(tx, request, { license: vacated, input: device, kept, nonce }, deps);
      return {
        result: known ? ('existing' as const) : ('started' as const),
        device: deviceForApp(seated.device),
        license: licenseForApp(seated.license, request.now),
        lease: leaseForApp(seated.lease),
        ...answerTail(request, input),
      };
    });
}

/** The product that is meant: named, or the only one the channel key is bound to. */
function productOf(actor: Actor, product_id: string | undefined): string {
  const bound = actor.product_ids;
  if (product_id === undefined) {
    const [only, ...others] = bound ?? [];
    if (only && others.length === 0) return only;
    throw invalid('product_id', 'is required unless the channel key is bound to exactly one product');
  }
  // A product beyond the binding does not exist for this key.
  if (bound !== null && !bound.includes(product_id)) throw notFound('product');
  return product_id;
}

async function createTrial(
  deps: Dependencies,
  tx: Repositories,
  request: RequestContext,
  product: ProductRecord,
): Promise<LicenseRecord> {
  const { trial_days } = product.license_defaults;
  if (trial_days === null || product.status === 'archived') throw trialRefusal('trial_not_offered');
  const { now, actor } = request;
  const { license } = newLicense(
    { type: 'trial', duration_days: trial_days, device_limit: 1 },
    // A trial runs from its first call, whatever the product's licenses do.
    { ...product, license_defaults: { ...product.license_defaults, expiry_basis: 'creation' } },
    { id: deps.newId('license', now), account_id: actor.account_id, now, keys: deps.licenseKeys },
  );
  await tx.licenses.insert(license);
  await recordLicenseEvent(tx, request, 'license.created', license);
  return license;
}

// An anchor says that this is the trial's machine, even where too much of it changed to be recognized as the device.
async function vacate(
  tx: Repositories,
  request: RequestContext,
  trial: LicenseRecord,
): Promise<LicenseRecord> {
  return releaseSeats(tx, request, trial, await tx.devices.listActive(trial));
}

function refuseEndedTrial(trial: LicenseRecord, now: number): void {
  if (licenseState(trial, now) === 'expired') throw trialRefusal('trial_ended');
  refuseByState(trial, now);
}

const trialRefusal = (reason: 'trial_ended' | 'trial_not_offered') =>
  new AppError('PERMISSION_DENIED', {
    message:
      reason === 'trial_ended' ? 'The trial on this device has ended.' : 'This product offers no trial.',
    details: { reason },
  });
