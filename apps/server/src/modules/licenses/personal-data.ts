import { toJson } from '../../platform/db/columns.ts';
import type { RepositoryTools } from '../../platform/db/repository-tools.ts';

/** Where licenses and devices hold personal data: the customer, free text, and what people call their machines. */
export function createPersonalData({ db, touch }: RepositoryTools) {
  return {
    async erasePersonalData(
      account_id: string,
      customer_id: string,
    ): Promise<{ license_ids: string[]; device_ids: string[] }> {
      // The licenses first: that waits for machines that are just being activated, so that their names are seen.
      const licenses = await db('licenses')
        .where({ account_id, customer_id })
        .update({ customer_id: null, notes: null, metadata: toJson({}) })
        .returning('id');
      const license_ids: string[] = licenses.map(({ id }) => id);
      for (const id of license_ids) touch(id);
      const ofCustomer = () => db('devices').where({ account_id }).whereIn('license_id', license_ids);
      const device_ids: string[] = await ofCustomer().pluck('id');
      await ofCustomer().update({ name: null });
      return { license_ids, device_ids };
    },
  };
}
