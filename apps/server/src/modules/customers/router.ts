import * as contracts from '@thrivetech/contracts';
import { t } from '../../trpc/init.ts';
import type { ProcedureBuilder } from '../../trpc/procedure.ts';
import { createCustomer } from './create-customer.ts';
import { eraseCustomer } from './erase-customer.ts';
import { getCustomer, listCustomers } from './read-customers.ts';
import { updateCustomer } from './update-customer.ts';

export const customersRouter = (
  procedure: ProcedureBuilder,
  deps: Parameters<typeof createCustomer>[0] & Parameters<typeof eraseCustomer>[0],
) =>
  t.router({
    list: procedure.query(contracts.listCustomers, listCustomers(deps)),
    create: procedure.mutation(contracts.createCustomer, createCustomer(deps)),
    get: procedure.query(contracts.getCustomer, getCustomer(deps)),
    erase: procedure.mutation(contracts.eraseCustomer, eraseCustomer(deps)),
    update: procedure.mutation(contracts.updateCustomer, updateCustomer(deps)),
  });
