import { conflict } from './app-error.ts';

/**
 * Refuses an update that was made from an older state than the present one.
 *
 * @throws {AppError} CONFLICT with the present version in its message.
 */
export function refuseStaleVersion(record: { readonly version: number }, expected: number | undefined): void {
  if (expected === undefined || expected === record.version) return;
  throw conflict(
    'version_mismatch',
    `It was changed since it was read: it is now at version ${record.version}.`,
  );
}
