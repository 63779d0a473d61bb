import type { DeviceInput } from '@thrivetech/contracts';
import { notFound } from '../../platform/app-error.ts';
import type { NewId } from '../../platform/ids.ts';
import type { RequestContext } from '../../platform/request-context.ts';
import type { LeaseIssuer } from '../leases/index.ts';
import { type LicenseRecord, releaseSeats, type SeatRepositories } from '../licenses/index.ts';
import { keptSeat, recognizeDevice, type Seated, takeSeat } from './take-seat.ts';

export interface SeatRequest {
  readonly device: DeviceInput;
  readonly replace_device_id: string | undefined;
  readonly nonce: string | undefined;
  readonly offlineDays?: number | undefined;
}

/**
 * A machine asks for a seat: it gets its own again, that of the device it replaces, or a free one. The license row
 * must be locked by this transaction, and its state judged.
 *
 * @throws {AppError} DEVICE_LIMIT_REACHED; RESOURCE_NOT_FOUND for a device to replace that is none of this license.
 */
export async function seatMachine(
  tx: SeatRepositories,
  request: RequestContext,
  claim: SeatRequest & { readonly license: LicenseRecord },
  deps: { newId: NewId; leases: LeaseIssuer },
): Promise<Omit<Seated, 'result'> & { readonly result: Seated['result'] | 'replaced' }> {
  const { license, device: input, replace_device_id, nonce, offlineDays } = claim;
  const kept = keptSeat(await recognizeDevice(tx.devices, license, input), input, request.now);
  const freed =
    replace_device_id && !kept ? await freeSeatOf(tx, request, license, replace_device_id) : license;
  const seated = await takeSeat(tx, request, { license: freed, input, kept, nonce, offlineDays }, deps);
  const replaced = seated.result === 'activated' && freed !== license;
  return { ...seated, result: replaced ? 'replaced' : seated.result };
}

// Freed and taken in one transaction: nobody else can slip into the seat. A device that was deactivated meanwhile
// has freed its seat already, so the caller simply takes a free one.
async function freeSeatOf(
  tx: SeatRepositories,
  request: RequestContext,
  license: LicenseRecord,
  device_id: string,
): Promise<LicenseRecord> {
  const device = await tx.devices.find(license, device_id);
  if (!device) throw notFound('device');
  return releaseSeats(tx, request, license, [device]);
}
