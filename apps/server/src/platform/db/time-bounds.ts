import type { PageRequest } from './paging.ts';

/**
 * The bounds of a time filter that a page still needs, for `between`. The cursor of a list in the order of that time
 * lies within the bound it came from; told both, SQLite begins at that bound and reads every earlier page again.
 *
 * @param field `created` for the filters `created_after` and `created_before`.
 */
export function boundsOf(
  request: PageRequest,
  field: 'created' | 'expires',
): [after: string | undefined, before: string | undefined] {
  const after = request[`${field}_after`] as string | undefined;
  const before = request[`${field}_before`] as string | undefined;
  if (request.cursor === undefined) return [after, before];
  if (request.sort === `${field}_at`) return [undefined, before];
  if (request.sort === `-${field}_at`) return [after, undefined];
  return [after, before];
}
