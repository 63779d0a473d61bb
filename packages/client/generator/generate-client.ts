import { emitApi } from './emit-api.ts';
import { emitTypes } from './emit-types.ts';
import type { OpenApiDocument } from './open-api.ts';
import { readOperations } from './read-operations.ts';

const header =
  '// Made from apps/server/openapi.json by `npm run generate -w @thrivetech/sdk`. Changes belong there.\n\n';

/**
 * The files of `src/admin/generated`, name to text, not formatted yet: a method for every operation of the document,
 * and the types that these take and give.
 */
export async function generateClient(document: OpenApiDocument): Promise<ReadonlyMap<string, string>> {
  const operations = readOperations(document);
  const { text, typesOf } = await emitTypes(document, operations);
  return new Map([
    ['types.ts', header + text],
    ['api.ts', header + emitApi(operations, typesOf)],
  ]);
}
