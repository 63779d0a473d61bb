import type { LicenseRequest } from '@thrivetech/contracts';
import type { PublicJwk } from '@thrivetech/lease';

/** What a license of a test is to be. Left out: one seat of a license without an end. */
export interface LicenseFields {
  readonly type?: 'perpetual' | 'timed' | 'subscription' | 'floating';
  readonly deviceLimit?: number;
  readonly features?: Readonly<Record<string, boolean | number | string>>;
  readonly startsAt?: Date;
  readonly durationDays?: number;
  readonly graceDays?: number;
  /** Of a product of its own that begins durations at the first activation. */
  readonly fromFirstActivation?: boolean;
}

/** Something that answers the four calls, and what a vendor can do to it. */
export interface Target {
  readonly baseUrl: string;
  readonly fetch: typeof fetch;
  readonly channelKey: string;
  readonly rootKeys: readonly PublicJwk[];
  /** Offers a trial of 14 days. */
  readonly productId: string;
  /** Offers none. */
  readonly productWithoutTrial: string;
  license(
    fields?: LicenseFields,
  ): Promise<{ readonly id: string; readonly key: string; readonly productId: string }>;
  revoke(licenseId: string): Promise<void>;
  suspend(licenseId: string): Promise<void>;
  reinstate(licenseId: string): Promise<void>;
  /** Its end and its days of grace have passed. */
  expire(licenseId: string): Promise<void>;
  /** Its end is an hour ago, its days of grace are not over. */
  enterGrace(licenseId: string): Promise<void>;
  setLimit(licenseId: string, deviceLimit: number): Promise<void>;
  rotateKey(licenseId: string): Promise<string>;
  removeDevice(licenseId: string, deviceId: string): Promise<void>;
  /** @throws with the code of the refusal in its message. */
  issueFile(
    licenseId: string,
    request: LicenseRequest,
    options?: { readonly leaseDays?: number; readonly replaceDeviceId?: string },
  ): Promise<{ readonly lease: string; readonly keyset: string; readonly revocations: string }>;
  rotateSigningKey(): Promise<void>;
  /** Time goes by, for the target alone. */
  passTime(ms: number): Promise<void>;
  close(): Promise<void>;
}
