import { type ErrorCode, errorCatalogue, type Page } from '@thrivetech/contracts';
import type { AppError } from '../platform/app-error.ts';
import { toTimestamp } from '../platform/clock.ts';
import { publicError } from '../trpc/errors.ts';
import type { CallContext } from '../trpc/init.ts';

interface Meta {
  timestamp: string;
  request_id: string;
  pagination?: Page<unknown>['pagination'];
  warnings?: { code: string; message: string }[];
}

const warningTexts = {
  PAYMENT_PAST_DUE:
    'A payment is overdue. Add a working payment method or pay the open invoice, before changes are refused.',
} as const;

/** The body of every successful answer of the REST door. A page is taken apart: items into `data`, the rest into `meta`. */
export function successEnvelope(
  output: unknown,
  { request_id, now, notes }: Pick<CallContext, 'request_id' | 'now' | 'notes'>,
  isPage: boolean,
) {
  const meta: Meta = { timestamp: toTimestamp(now), request_id };
  if (notes.warning) meta.warnings = [{ code: notes.warning, message: warningTexts[notes.warning] }];
  if (!isPage) return { success: true, data: output, meta };
  const { items, pagination } = output as Page<unknown>;
  return { success: true, data: items, meta: { ...meta, pagination } };
}

/** The body of every failed answer of the REST door. */
export function errorEnvelope(error: AppError, request_id: string, now: number) {
  return { success: false, error: publicError(error), meta: { timestamp: toTimestamp(now), request_id } };
}

export const statusOfError = (code: ErrorCode): number => errorCatalogue[code].status;
