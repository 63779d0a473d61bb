import type { TestProject } from 'vitest/node';
import { startPostgres } from './support/embedded-postgres.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Address of a PostgreSQL server on which tests make databases of their own. */
    postgresUrl: string;
  }
}

/** One real PostgreSQL for the whole run, on a free port, gone afterwards. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const postgres = await startPostgres(['-c', 'fsync=off', '-c', 'max_connections=300']);
  project.provide('postgresUrl', postgres.url);
  return postgres.stop;
}
