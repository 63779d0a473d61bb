import type { Page } from '@thrivetech/contracts';
import { fromJson, fromJsonOrNull, toJson, toJsonOrNull } from '../../platform/db/columns.ts';
import { insertRows } from '../../platform/db/insert-rows.ts';
import type { PageRequest } from '../../platform/db/paging.ts';
import type { RepositoryTools } from '../../platform/db/repository-tools.ts';
import type { DeviceComponents, DeviceRecord } from './device.ts';

export type DeviceRepository = ReturnType<typeof createDeviceRepository>;

type LicenseRef = { readonly account_id: string; readonly id: string };

export function createDeviceRepository({ db, sql, lockRow, forUpdate, pager, touch }: RepositoryTools) {
  const activeOn = (license: LicenseRef) =>
    db('devices').where({ account_id: license.account_id, license_id: license.id, deactivated_at: null });

  return {
    async find(license: LicenseRef, id: string): Promise<DeviceRecord | null> {
      const row = await db('devices')
        .where({ account_id: license.account_id, license_id: license.id, id })
        .first();
      return row ? toDevice(row) : null;
    },

    async findActiveByFingerprint(license: LicenseRef, fingerprint: string): Promise<DeviceRecord | null> {
      const [row] = await sql<DeviceRow>(
        `select * from devices
         where account_id = ? and license_id = ? and fingerprint = ? and deactivated_at is null${forUpdate}`,
        [license.account_id, license.id, fingerprint],
      );
      return row ? toDevice(row) : null;
    },

    /** Active devices that share a strong component with a machine: the only ones that can be the same machine. */
    async findActiveByStrongComponents(
      license: LicenseRef,
      components: DeviceComponents,
    ): Promise<DeviceRecord[]> {
      const { os_install_id, board_id } = components;
      if (!os_install_id && !board_id) return [];
      const rows = await activeOn(license).where((any) => {
        if (os_install_id) any.orWhere({ os_install_id });
        if (board_id) any.orWhere({ board_id });
      });
      return rows.map(toDevice);
    },

    /** The newest activation of this machine, active or not. */
    async findLatestByFingerprint(license: LicenseRef, fingerprint: string): Promise<DeviceRecord | null> {
      const row = await db('devices')
        .where({ account_id: license.account_id, license_id: license.id, fingerprint })
        .orderBy([
          { column: 'activated_at', order: 'desc' },
          { column: 'id', order: 'desc' },
        ])
        .first();
      return row ? toDevice(row) : null;
    },

    /** Locked, for a transaction that will end them. */
    async listActive(license: LicenseRef): Promise<DeviceRecord[]> {
      return bySeat(await lockRow(activeOn(license).orderBy('id')));
    },

    page(
      license: LicenseRef,
      filter: PageRequest & { status?: string | undefined },
    ): Promise<Page<DeviceRecord>> {
      const { account_id, id: license_id } = license;
      const query = db('devices').where({ account_id, license_id });
      if (filter.status === 'active') query.whereNull('deactivated_at');
      if (filter.status === 'deactivated') query.whereNotNull('deactivated_at');
      return pager.page({
        query,
        request: filter,
        scope: `${account_id}/${license_id}/devices`,
        table: 'devices',
        sortColumns: { created_at: 'activated_at' },
        toItem: toDevice,
      });
    },

    /** Devices whose floating seat has run out. Locked, for a transaction that will end them. */
    async listLapsed(license: LicenseRef, now: number): Promise<DeviceRecord[]> {
      return bySeat(await lockRow(activeOn(license).where('seat_expires_at', '<=', now).orderBy('id')));
    },

    /**
     * A seat number that no active device holds. Without gaps that is `seatsUsed`; where devices left gaps, the
     * lowest of them.
     */
    async freeSeatNumber(license: LicenseRef, seatsUsed: number): Promise<number> {
      const taken = await sql(
        'select 1 from devices where account_id = ? and license_id = ? and seat = ? and deactivated_at is null',
        [license.account_id, license.id, seatsUsed],
      );
      if (taken.length === 0) return seatsUsed;
      const seats = await activeOn(license).orderBy('seat').pluck('seat');
      return seats.findIndex((seat, index) => seat !== index + 1) + 1;
    },

    async insert(device: DeviceRecord): Promise<void> {
      touch(device.license_id);
      const row = toRow(device);
      await sql(
        insertDevice,
        columns.map((column) => row[column]),
      );
    },

    insertMany: (devices: readonly DeviceRecord[]): Promise<void> =>
      insertRows(sql, 'devices', devices.map(toRow)),

    async replace(device: DeviceRecord): Promise<void> {
      touch(device.license_id);
      await db('devices').where({ account_id: device.account_id, id: device.id }).update(toRow(device));
    },

    /**
     * Ends an activation.
     *
     * @param onlyIfLapsedAt ends it only if its floating seat has run out by then: a heartbeat may have come between
     *   the look at the device and this.
     * @returns false when it had ended already, or goes on.
     */
    async deactivate(
      device: DeviceRecord,
      deactivated_at: number,
      onlyIfLapsedAt?: number,
    ): Promise<boolean> {
      touch(device.license_id);
      const ended = await db('devices')
        .where({ account_id: device.account_id, id: device.id, deactivated_at: null })
        .modify((builder) => {
          if (onlyIfLapsedAt !== undefined) builder.where('seat_expires_at', '<=', onlyIfLapsedAt);
        })
        .update({ deactivated_at });
      return ended === 1;
    },

    /**
     * A heartbeat: keeps a floating seat for as long as a new lease runs, and never for less than was promised.
     *
     * @returns false when the seat was given to another device in the meantime.
     */
    async extendSeat(device: DeviceRecord, until: number): Promise<boolean> {
      touch(device.license_id);
      const kept = await sql(
        `update devices set seat_expires_at = case when seat_expires_at > ? then seat_expires_at else ? end
         where account_id = ? and id = ? and deactivated_at is null returning id`,
        [until, until, device.account_id, device.id],
      );
      return kept.length === 1;
    },

    /**
     * Stores what a validation renewed of a device that is still active: the lease, and what changed of the machine.
     * An older lease never replaces a newer one.
     */
    async renew(device: DeviceRecord): Promise<void> {
      touch(device.license_id);
      const {
        activated_at: _activated_at,
        seat: _seat,
        seat_expires_at: _seat_expires_at,
        deactivated_at: _deactivated_at,
        ...row
      } = toRow(device);
      await db('devices')
        .where({ account_id: device.account_id, id: device.id, deactivated_at: null })
        .where('lease_sequence', '<=', device.lease_sequence)
        .update(row);
    },

    /** Seats that were taken at a moment: floating ones only while they had not run out. */
    async countTakenAt(license: LicenseRef, at: number): Promise<number> {
      const [row] = await db('devices')
        .where({ account_id: license.account_id, license_id: license.id })
        .where('activated_at', '<=', at)
        .where((any) => any.whereNull('deactivated_at').orWhere('deactivated_at', '>', at))
        .where((any) => any.whereNull('seat_expires_at').orWhere('seat_expires_at', '>', at))
        .count({ count: '*' });
      return Number(row?.['count']);
    },

    /** Keeps the number of a lease that was given and not stored: no later one may be lower. Caches need not know. */
    async noteSequence(id: string, lease_sequence: number): Promise<void> {
      await db('devices')
        .where({ id })
        .where('lease_sequence', '<', lease_sequence)
        .update({ lease_sequence });
    },

    /** Caches may show an older time: it grants nothing. */
    async noteSeen(id: string, last_seen_at: number): Promise<void> {
      await db('devices').where({ id }).where('last_seen_at', '<', last_seen_at).update({ last_seen_at });
    },
  };
}

// Rows are locked in the order of ids, by everybody, so that nobody waits in a circle; people think in seats.
const bySeat = (rows: DeviceRow[]): DeviceRecord[] => rows.map(toDevice).sort((a, b) => a.seat - b.seat);

interface DeviceRow extends Omit<DeviceRecord, 'components' | 'reenrolled_at' | 'lease'> {
  components: string;
  reenrolled_at: string;
  lease: string | null;
  os_install_id: string | null;
  board_id: string | null;
}

const columns = [
  'id',
  'account_id',
  'license_id',
  'seat',
  'fingerprint',
  'components',
  'os_install_id',
  'board_id',
  'reenrolled_at',
  'name',
  'platform',
  'arch',
  'os_version',
  'app_version',
  'environment',
  'activated_at',
  'deactivated_at',
  'last_seen_at',
  'seat_expires_at',
  'lease_sequence',
  'lease',
] as const satisfies readonly (keyof DeviceRow)[];
const insertDevice = `insert into devices (${columns.join(', ')}) values (${columns.map(() => '?').join(', ')})`;

function toRow(device: DeviceRecord): DeviceRow {
  return {
    ...device,
    components: toJson(device.components),
    os_install_id: device.components.os_install_id ?? null,
    board_id: device.components.board_id ?? null,
    reenrolled_at: toJson(device.reenrolled_at),
    lease: toJsonOrNull(device.lease),
  };
}

function toDevice(row: DeviceRow): DeviceRecord {
  const { os_install_id: _os_install_id, board_id: _board_id, ...fields } = row;
  return {
    ...fields,
    components: fromJson(row.components),
    reenrolled_at: fromJson(row.reenrolled_at),
    lease: fromJsonOrNull(row.lease),
  };
}
