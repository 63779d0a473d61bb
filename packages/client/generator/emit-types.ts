import { generateApi } from 'swagger-typescript-api';
import { pascalCase } from './names.ts';
import { type OpenApiDocument, referredName, type Schema } from './open-api.ts';
import type { Operation } from './read-operations.ts';

export interface OperationTypes {
  /** Name of the type of the input; null when the operation takes nothing. */
  readonly input: string | null;
  /** TypeScript of the answer; of one item when it is a page, of one piece when it is a stream. */
  readonly result: string;
}

/**
 * TypeScript of everything that operations take and give, and of the bodies of webhooks. The schemas are handed to
 * swagger-typescript-api; what is done here is to give a name to each input and each answer that has none.
 */
export async function emitTypes(
  document: OpenApiDocument,
  operations: readonly Operation[],
): Promise<{ text: string; typesOf: ReadonlyMap<Operation, OperationTypes> }> {
  const named: Record<string, Schema> = {};
  const define = (name: string, schema: Schema): string => {
    if (name in named || name in document.components.schemas) {
      throw new Error(`two types are called ${name}`);
    }
    named[name] = schema;
    return name;
  };

  const typesOf = new Map<Operation, OperationTypes>();
  for (const operation of operations) {
    const isEmpty = Object.keys(operation.input.properties ?? {}).length === 0;
    typesOf.set(operation, {
      input: isEmpty ? null : define(`${pascalCase(operation.name)}Input`, operation.input),
      result: nameResult(operation, define),
    });
  }
  const events = Object.values(document.webhooks ?? {}).map(({ post }) => post.requestBody.content);
  if (events.length > 0) {
    define('WebhookEvent', {
      description: 'The body of a webhook. Its `type` says which of these it is.',
      oneOf: events.map((content) => content['application/json']?.schema),
    });
  }
  const answers = operations.map(({ answer }) => answer);
  const schemas = { ...referredSchemas(document, [named, answers]), ...named };
  return { text: await toTypeScript(document, schemas), typesOf };
}

function nameResult({ name, answer }: Operation, define: (name: string, schema: Schema) => string): string {
  if (answer.kind === 'stream') return 'string';
  if (answer.kind === 'file') return 'Blob';
  const schema = answer.kind === 'page' ? answer.item : answer.schema;
  const itemName = schema.items && referredName(schema.items);
  if (itemName) return `${itemName}[]`;
  return referredName(schema) ?? define(`${pascalCase(name)}Result`, schema);
}

/** The document's schemas that these parts refer to, however far. The rest (errors, envelopes) nobody would meet. */
function referredSchemas({ components }: OpenApiDocument, parts: unknown): Record<string, Schema> {
  const found = new Set<string>();
  const visit = (part: unknown): void => {
    if (typeof part !== 'object' || part === null) return;
    const name = referredName(part);
    if (name !== undefined && !found.has(name)) {
      found.add(name);
      visit(components.schemas[name]);
    }
    Object.values(part).forEach(visit);
  };
  visit(parts);
  // In the document's order, so that one more reference moves nothing else.
  return Object.fromEntries(Object.entries(components.schemas).filter(([name]) => found.has(name)));
}

async function toTypeScript(
  { openapi, info }: OpenApiDocument,
  schemas: Record<string, Schema>,
): Promise<string> {
  const document = { openapi, info, paths: {}, components: { schemas: withoutConstraints(schemas) } };
  const { files } = await generateApi({
    spec: document as never,
    output: false,
    generateClient: false,
    generateUnionEnums: true,
    silent: true,
    codeGenConstructs: ({ Keyword, TypeField }) => ({
      Keyword: { ...Keyword, Any: 'unknown' },
      // So that callers under exactOptionalPropertyTypes may hand on what they may not have.
      TypeField: (field: unknown) => {
        const { optional, value, ...rest } = field as { optional: boolean; value: string };
        return TypeField({ ...rest, optional, value: optional ? `${value} | undefined` : value });
      },
    }),
  });
  const [types] = files;
  if (!types) throw new Error('swagger-typescript-api gave no file');
  return types.fileContent;
}

/**
 * The schemas without what TypeScript cannot say: patterns, names of a record's fields, the bounds of a safe integer.
 * In an `allOf` beside a type, patterns would even hide that type.
 */
function withoutConstraints<Part>(part: Part): Part {
  if (Array.isArray(part)) return part.map(withoutConstraints) as Part;
  if (typeof part !== 'object' || part === null) return part;
  const kept = Object.entries(part).filter(([keyword, value]) => {
    if (keyword === 'pattern') return typeof value !== 'string';
    if (keyword === 'allOf') return !Array.isArray(value) || value.some((member) => !('pattern' in member));
    if (keyword === 'propertyNames') return false;
    return typeof value !== 'number' || Math.abs(value) !== Number.MAX_SAFE_INTEGER;
  });
  return Object.fromEntries(kept.map(([keyword, value]) => [keyword, withoutConstraints(value)])) as Part;
}
