import type {
  validateLicense as contract,
  DeviceInput,
  License,
  ValidationCode,
} from '@thrivetech/contracts';
import type { BatchedTimes } from '../../platform/batched-times.ts';
import type { Caches } from '../../platform/cache.ts';
import type { UnitOfWork } from '../../platform/db/unit-of-work.ts';
import type { Logger } from '../../platform/logger.ts';
import type { RequestContext } from '../../platform/request-context.ts';
import type { UseCaseOf } from '../../platform/use-case.ts';
import type { LeaseIssuer } from '../leases/index.ts';
import type { DeviceRecord, LicenseRecord, SeatRepositories, StoredLease } from '../licenses/index.ts';
import { answerTail, deviceForApp, leaseForApp, licenseForApp } from './activation-view.ts';
import type { LicenseFinder } from './find-license.ts';
import { createKnownLicenses } from './known-licenses.ts';
import { createRefusalProver } from './prove-refusal.ts';
import { blockingCode } from './refuse-by-state.ts';
import { keptSeat, type Recognized, recognizeDevice } from './take-seat.ts';

/**
 * Says whether a license is valid on a device. It reads committed state, takes no lock and no seat. A business
 * outcome is never an HTTP error, so that an app can tell "no" from "try later".
 */
export function validateLicense(deps: {
  uow: UnitOfWork<SeatRepositories>;
  finder: LicenseFinder;
  leases: LeaseIssuer;
  devicesSeen: BatchedTimes;
  caches: Caches;
  log: Logger;
}): UseCaseOf<typeof contract> {
  const known = createKnownLicenses(deps.uow, deps.caches);
  const { devices } = deps.uow.read;
  const proveRefusal = createRefusalProver({ leases: deps.leases, devices });
  return async (request, input) => {
    const { device: machine, nonce } = input;
    const tail = answerTail(request, input);
    const license = await deps.finder.find(request, input, known.find);
    if (!license) return { valid: false, code: 'RESOURCE_NOT_FOUND', ...tail };

    const recognized = machine ? await recognize(license, machine) : null;
    const kept = machine && recognized ? keep(recognized, machine, request.now) : null;
    const code: ValidationCode =
      blockingCode(license, request.now) ??
      (machine && !kept ? 'DEVICE_NOT_ACTIVATED' : null) ??
      (hasFeatures(license.features, input.required_features) ? 'VALID' : 'FEATURE_MISSING');

    const answer = {
      valid: code === 'VALID',
      code,
      license: licenseForApp(license, request.now),
      ...(kept && { device: deviceForApp(kept.stored) }),
      ...tail,
    };
    // A missing feature is no fault of the license: who wants proof gets the lease, which says what there is.
    const isLeased = answer.valid || (code === 'FEATURE_MISSING' && nonce !== undefined);
    if (!isLeased) {
      const active = recognized?.device ?? null;
      return { ...answer, ...(await proveRefusal(request, license, input, { code, active })) };
    }
    if (!kept) return answer;
    deps.devicesSeen.note(kept.stored.id, request.now);
    const lease = await renewLease(request, license, kept, nonce);
    if (lease) return { ...answer, lease: leaseForApp(lease) };
    const lost = { code: 'DEVICE_NOT_ACTIVATED', active: null } as const;
    return {
      ...{ valid: false, code: lost.code, license: answer.license, ...tail },
      ...(await proveRefusal(request, license, input, lost)),
    };
  };

  /** The machine's own seat as it is stored. */
  async function recognize(license: LicenseRecord, input: DeviceInput): Promise<Recognized | null> {
    const byFingerprint = await known.findDevice(license, input.fingerprint);
    if (byFingerprint) return { device: byFingerprint, by: 'fingerprint' };
    return recognizeDevice(devices, license, input);
  }

  /** @returns null when a floating seat was given to another device in the meantime. */
  async function renewLease(
    request: RequestContext,
    license: LicenseRecord,
    { stored, today }: Kept,
    nonce: string | undefined,
  ): Promise<StoredLease | null> {
    const lease = await deps.leases.issue(request, license, today, { nonce });
    if (lease === stored.lease) return lease;
    const renewed = { ...today, lease, lease_sequence: lease.sequence };
    if (license.type === 'floating') {
      // The seat is promised for as long as the lease says, so the promise is stored before it is given.
      const isKept = await deps.uow.runInternal(async (tx) => {
        await tx.devices.renew(renewed);
        return tx.devices.extendSeat(renewed, lease.expires_at);
      });
      return isKept ? lease : null;
    }
    // Kept for the next call, unless it was made for this one alone. Should that fail, the next makes another.
    if (nonce === undefined || lease.basis !== stored.lease?.basis) {
      await deps.uow
        .runInternal((tx) => tx.devices.renew(renewed))
        .catch((error: unknown) => {
          deps.leases.noteGiven(stored, lease);
          deps.log.warn({ err: error }, 'a renewed lease was not stored');
        });
    } else deps.leases.noteGiven(stored, lease);
    return lease;
  }
}

interface Kept {
  readonly stored: DeviceRecord;
  readonly today: DeviceRecord;
}

/** The seat as it is stored, and as the machine presents itself today; null when too much has changed too often. */
function keep(recognized: Recognized, input: DeviceInput, now: number): Kept | null {
  const seat = keptSeat(recognized, input, now);
  return seat && { stored: recognized.device, today: seat.device };
}

/** A feature is there when it is neither missing nor switched off. */
function hasFeatures(features: License['features'], required: readonly string[] = []): boolean {
  return required.every((name) => Object.hasOwn(features, name) && features[name] !== false);
}
