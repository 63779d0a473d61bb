import * as contracts from '@thrivetech/contracts';
import { t } from '../../trpc/init.ts';
import type { ProcedureBuilder } from '../../trpc/procedure.ts';
import { getEvent, listEvents } from './read-events.ts';

export const eventsRouter = (procedure: ProcedureBuilder, deps: Parameters<typeof listEvents>[0]) =>
  t.router({
    list: procedure.query(contracts.listEvents, listEvents(deps)),
    get: procedure.query(contracts.getEvent, getEvent(deps)),
  });
