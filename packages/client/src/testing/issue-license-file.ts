import { signRevocations } from '@thrivetech/lease';
import { isRecord } from '../api/read-answer.ts';
import { ThriveError } from '../errors.ts';
import { checkBody } from './check-body.ts';
import { issuer } from './key-ring.ts';
import { parseJson } from './parse-json.ts';
import { isActive, type LicenseRecord, secondMs } from './records.ts';
import { invalid, Refusal } from './refusal.ts';
import type { DeviceInput } from './request.ts';
import { seatMachine } from './seat-machine.ts';
import type { Server } from './serve-call.ts';
import { refuseByState } from './vendor.ts';
import { signToken } from './web-crypto.ts';

/** How a request file is answered. */
export interface LicenseFileOptions {
  /** How long the machine may go on without another file; left out, the license's own length of a lease. */
  readonly leaseDays?: number;
  readonly replaceDeviceId?: string;
}

/**
 * Answers the `.lreq` file of a machine without a network with the text of a `.lic` file. It is an activation: it takes
 * a seat by the same rules, and is refused by the same codes.
 *
 * @throws {ThriveError} with the server's code.
 */
export async function issueLicenseFile(
  { leases, keyRing }: Pick<Server, 'leases' | 'keyRing'>,
  license: LicenseRecord,
  requestText: string,
  { leaseDays, replaceDeviceId, now }: LicenseFileOptions & { readonly now: number },
): Promise<string> {
  try {
    const { device, nonce } = readRequest(requestText, license);
    if (license.type === 'floating') throw floatingRefused();
    refuseByState(license, now);
    const offlineDays = leaseDays ?? license.leaseDays;
    const claim = { license, device, replaceDeviceId, nonce, offlineDays, now, isFull: false };
    const { lease } = seatMachine(claim, leases);
    const iat = Math.floor(now / secondMs);
    const devices = license.devices.filter((one) => !isActive(one)).map(({ id }) => id);
    const bulletin = { ver: 1, iss: issuer, iat, seq: now, leases: [], licenses: [], devices } as const;
    const revocations = await signToken((signer) => signRevocations(bulletin, signer), keyRing.signerAt(iat));
    const { keyset } = keyRing.published();
    const file = {
      format: 'thrive-license-file',
      version: 1,
      lease: await lease.token,
      keyset,
      revocations,
    };
    return JSON.stringify(file);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { code, message, details, status } = error;
    throw new ThriveError(code, { message, details, status });
  }
}

function readRequest(text: string, license: LicenseRecord): { device: DeviceInput; nonce: string } {
  const request = parseJson(text);
  if (!isRecord(request) || request['format'] !== 'thrive-license-request' || request['version'] !== 1)
    throw invalid({ path: 'request.format', code: 'invalid_value', message: 'must be a license request' });
  const { device, nonce, product_id, license_id } = request;
  const faults = checkBody('trial', { device, nonce, product_id });
  if (faults.length > 0) {
    throw invalid(...faults.map((fault) => ({ ...fault, path: `request.${fault.path}` })));
  }
  const custom = (path: string, message: string) => invalid({ path, code: 'custom', message });
  if (product_id !== license.product.id)
    throw custom('request.product_id', 'must be the product of the license');
  if (license_id !== undefined && license_id !== license.id)
    throw custom('request.license_id', 'must be this license, or be left out');
  return { device: device as DeviceInput, nonce: nonce as string };
}

const floatingRefused = () =>
  new Refusal('CONFLICT', {
    message: 'A floating seat lives by heartbeats, which a machine without a network cannot send.',
    details: { reason: 'floating_license' },
  });
