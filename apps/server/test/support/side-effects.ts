import type { EventType } from '@thrivetech/contracts';
import type { Knex } from 'knex';
import type { Vendor } from './builders.ts';
import type { TestServer } from './test-server.ts';

/** What calls left behind beside their answers, oldest first. */
export interface SideEffects {
  readonly events: {
    type: EventType;
    sequence: number;
    license_id: string | null;
    body: Record<string, unknown>;
  }[];
  readonly audit: {
    action: string;
    target_id: string;
    request_id: string;
    before: unknown;
    after: unknown;
  }[];
}

/** Everything an account has caused so far, read straight from the tables. */
export async function sideEffects(
  server: TestServer,
  vendor: Pick<Vendor, 'account_id'>,
): Promise<SideEffects> {
  const db: Knex = server.platform.database;
  const { account_id } = vendor;
  const events = await db('events').where({ account_id }).orderBy('sequence');
  const audit = await db('audit_entries').where({ account_id }).orderBy('sequence');
  return {
    events: events.map(({ type, sequence, license_id, body }) => ({
      type,
      sequence,
      license_id,
      body: JSON.parse(body),
    })),
    audit: audit.map((row) => ({
      action: row.action,
      target_id: row.target_id,
      request_id: row.request_id,
      before: row.before === null ? null : JSON.parse(row.before),
      after: row.after === null ? null : JSON.parse(row.after),
    })),
  };
}
