import type { Page } from '@thrivetech/contracts';
import type { Knex } from 'knex';
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
  const endedOn = (license: LicenseRef) =>
    db('devices')
      .where({ account_id: license.account_id, license_id: license.id })
      .whereNotNull('deactivated_at');
  const withStrongComponent = ({ os_install_id, board_id }: DeviceComponents) => {
    if (!os_install_id && !board_id) return null;
    return (any: Knex.QueryBuilder) => {
      if (os_install_id) any.orWhere({ os_install_id });
      if (board_id) any.orWhere({ board_id });
    };
  };

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
      const condition = withStrongComponent(components);
      return condition === null ? [] : (await activeOn(license).where(condition)).map(toDevice);
    },

    /** The same among activations that have ended, the newest first and no more of them than can matter. */
    async findEndedByStrongComponents(
      license: LicenseRef,
      components: DeviceComponents,
    ): Promise<DeviceRecord[]> {
      const condition = withStrongComponent(components);
      if (condition === null) return [];
      const newest = endedOn(license).where(condition).orderBy('deactivated_at', 'desc').limit(10);
      return (await newest).map(toDevice);
    },

    /** The newest activations that have ended, the newest first. */
    async listEnded(license: LicenseRef, limit: number): Promise<{ id: string; deactivated_at: number }[]> {
      const order = [
        { column: 'deactivated_at', order: 'desc' },
        { column: 'id', order: 'desc' },
      ];
      return endedOn(license).orderBy(order).limit(limit).select('id', 'deactivated_at');
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
     * Stores a device that takes a seat. Its seat number is kept if no other holds it: without gaps, the number of seats
     * taken is such a one. Where devices left gaps it may be held; then it gets the lowest free one.
     *
     * @returns the device with the seat number that it got.
     */
    async insert(device: DeviceRecord): Promise<DeviceRecord> {
      touch(device.license_id);
      const write = (stored: DeviceRecord, statement: string) => {
        const row = toRow(stored);
        return sql(
          statement,
          columns.map((column) => row[column]),
        );
      };
      const asAsked = await write(device, `${insertDevice} on conflict do nothing returning id`);
      if (asAsked.length > 0) return device;
      const seats = await activeOn({ account_id: device.account_id, id: device.license_id })
        .orderBy('seat')
        .pluck('seat');
      const free = { ...device, seat: seats.findIndex((seat, index) => seat !== index + 1) + 1 };
      await write(free, insertDevice);
      return free;
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

    /** Floating seats of all accounts: whose lease runs, and whose has run out. */
    async countFloating(now: number): Promise<{ running: number; lapsed: number }> {
      const [row] = await sql<{ running: number; lapsed: number }>(
        `select sum(case when seat_expires_at > ? then 1 else 0 end) as running,
           sum(case when seat_expires_at > ? then 0 else 1 end) as lapsed
         from devices where seat_expires_at is not null and deactivated_at is null`,
        [now, now],
      );
      return { running: Number(row?.running ?? 0), lapsed: Number(row?.lapsed ?? 0) };
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
      await sql('update devices set lease_sequence = ? where id = ? and lease_sequence < ?', [
        ...[lease_sequence, id, lease_sequence],
      ]);
    },

    /** Caches may show an older time: it grants nothing. */
    async noteSeen(id: string, last_seen_at: number): Promise<void> {
      await sql('update devices set last_seen_at = ? where id = ? and last_seen_at < ?', [
        ...[last_seen_at, id, last_seen_at],
      ]);
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
