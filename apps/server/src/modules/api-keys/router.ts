import * as contracts from '@thrivetech/contracts';
import { t } from '../../trpc/init.ts';
import type { ProcedureBuilder } from '../../trpc/procedure.ts';
import { createApiKey } from './create-api-key.ts';
import { listApiKeys } from './list-api-keys.ts';
import { revokeApiKey } from './revoke-api-key.ts';
import { rotateApiKey } from './rotate-api-key.ts';

export const apiKeysRouter = (procedure: ProcedureBuilder, deps: Parameters<typeof createApiKey>[0]) =>
  t.router({
    list: procedure.query(contracts.listApiKeys, listApiKeys(deps)),
    create: procedure.mutation(contracts.createApiKey, createApiKey(deps)),
    rotate: procedure.mutation(contracts.rotateApiKey, rotateApiKey(deps)),
    revoke: procedure.mutation(contracts.revokeApiKey, revokeApiKey(deps)),
  });
