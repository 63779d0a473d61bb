import type { RequestContext } from '../../platform/request-context.ts';
import type { LicenseKeys, LicenseRecord } from '../licenses/index.ts';
import type { WrongKeyGuard } from './wrong-key-guard.ts';

/** Looks a license up by account and key. */
export type LicenseLookup = (account_id: string, key_hash: string) => Promise<LicenseRecord | null>;

/** Finds the license that somebody proves to hold by its key. */
export interface LicenseFinder {
  /**
   * @returns null for an unknown key, a key of another account, and a key of a product that the request or the
   *   channel key does not mean. A caller cannot tell these apart, or it could try keys out.
   * @throws {AppError} RATE_LIMIT_EXCEEDED for who guesses.
   */
  find(
    request: RequestContext,
    input: { license_key: string; product_id?: string | undefined },
    lookup: LicenseLookup,
  ): Promise<LicenseRecord | null>;
}

export function createLicenseFinder(licenseKeys: LicenseKeys, guard: WrongKeyGuard): LicenseFinder {
  return {
    async find(request, input, lookup) {
      await guard.refuseGuessers(request);
      const { account_id, product_ids } = request.actor;
      const key_hash = licenseKeys.hash(input.license_key);
      const license = key_hash === null ? null : await lookup(account_id, key_hash);
      const isMeant =
        license !== null &&
        (input.product_id === undefined || license.product_id === input.product_id) &&
        (product_ids === null || product_ids.includes(license.product_id));
      if (isMeant) return license;
      await guard.countWrongKey(request);
      return null;
    },
  };
}
