import type { DeviceInput } from '@thrivetech/contracts';
import { sha256Hex } from '../../platform/crypto/digest.ts';
import { insertRows } from '../../platform/db/insert-rows.ts';
import type { RepositoryTools } from '../../platform/db/repository-tools.ts';

export type TrialAnchorRepository = ReturnType<typeof createTrialAnchorRepository>;

export interface TrialAnchorRecord {
  readonly account_id: string;
  readonly product_id: string;
  readonly anchor: string;
  readonly license_id: string;
  readonly created_at: number;
}

/** What a machine is remembered by: its fingerprint and each strong component, so that one alone finds the trial again. */
export function trialAnchors(device: DeviceInput): string[] {
  const { os_install_id, board_id } = device.components ?? {};
  const parts = { fingerprint: device.fingerprint, os_install_id, board_id };
  return Object.entries(parts)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => sha256Hex(`${name}/${value}`));
}

export function createTrialAnchorRepository({ db, sql }: RepositoryTools) {
  return {
    /** The trial that any of the anchors belongs to; the oldest, should there be several. */
    async findLicenseId(
      account_id: string,
      product_id: string,
      anchors: readonly string[],
    ): Promise<string | null> {
      const row = await db('trial_anchors')
        .where({ account_id, product_id })
        .whereIn('anchor', anchors)
        .orderBy(['created_at', 'license_id'])
        .first('license_id');
      return row?.license_id ?? null;
    },

    /** Remembers more of a machine. An anchor stays with the trial that had it first. */
    async remember(
      trial: { account_id: string; product_id: string; license_id: string },
      anchors: readonly string[],
      now: number,
    ): Promise<void> {
      await db('trial_anchors')
        .insert(anchors.map((anchor) => ({ ...trial, anchor, created_at: now })))
        .onConflict(['account_id', 'product_id', 'anchor'])
        .ignore();
    },

    insertMany: (anchors: readonly TrialAnchorRecord[]): Promise<void> =>
      insertRows(sql, 'trial_anchors', anchors),
  };
}
