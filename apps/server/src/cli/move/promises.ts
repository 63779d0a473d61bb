import type { Knex } from 'knex';
import type { PlatformCore } from '../../core.ts';
import { verifyAuditChain } from '../../modules/audit/index.ts';

/** Seats that licenses say are taken, and devices that take them. */
export interface Seats {
  readonly taken: number;
  readonly active_devices: number;
}

/** What invoices of one currency and status come to, in minor units. */
export interface InvoiceSum {
  readonly currency: string;
  readonly status: string;
  readonly invoices: number;
  readonly total: number;
  readonly amount_due: number;
  readonly amount_paid: number;
}

export async function seatsOf(db: Knex): Promise<Seats> {
  const taken = await db('licenses').sum({ n: 'devices_used' }).first();
  const active = await db('devices').whereNull('deactivated_at').count({ n: '*' }).first();
  return { taken: Number(taken?.['n'] ?? 0), active_devices: Number(active?.['n'] ?? 0) };
}

export async function invoiceSums(db: Knex): Promise<InvoiceSum[]> {
  const rows: Record<string, string | number>[] = await db('invoices')
    .select('currency', 'status')
    .count({ invoices: '*' })
    .sum({ total: 'total', amount_due: 'amount_due', amount_paid: 'amount_paid' })
    .groupBy('currency', 'status');
  return rows
    .map((row) => ({
      currency: String(row['currency']),
      status: String(row['status']),
      invoices: Number(row['invoices']),
      total: Number(row['total']),
      amount_due: Number(row['amount_due']),
      amount_paid: Number(row['amount_paid']),
    }))
    .sort((a, b) => (`${a.currency} ${a.status}` < `${b.currency} ${b.status}` ? -1 : 1));
}

/** How the audit chain of one account stands. */
export interface ChainStanding {
  readonly account_id: string;
  readonly verified: number;
  readonly head: string;
  /** What is wrong on this side; null: it holds. */
  readonly broken: string | null;
}

export async function chainOf(
  { uow, auditKey }: Pick<PlatformCore, 'uow' | 'auditKey'>,
  account_id: string,
): Promise<ChainStanding> {
  const { audit } = uow.read;
  const { verified, broken } = await verifyAuditChain(audit, account_id, auditKey);
  const { hash } = await audit.head(account_id);
  return {
    ...{ account_id, verified, head: hash },
    broken: broken && `entry ${broken.sequence}: ${broken.reason}`,
  };
}
