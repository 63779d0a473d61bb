import {
  contract as contracts,
  type EventType,
  eventBody,
  eventCatalogue,
  eventTypes,
  exampleEvent,
  tagDescriptions,
} from '@thrivetech/contracts';
import { type CreateDocumentOptions, createDocument, type ZodOpenApiPathsObject } from 'zod-openapi';
import { describeOperation } from './describe-operation.ts';
import { components, errorBody } from './shared-parts.ts';

export type OpenApiDocument = ReturnType<typeof createDocument>;

/** The OpenAPI 3.1 document of the REST door, made from the same contracts that the door is made from. */
export function buildOpenApiDocument(): OpenApiDocument {
  const paths: Record<string, Record<string, object>> = {};
  for (const contract of contracts) {
    const path = contract.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [contract.method.toLowerCase()]: describeOperation(contract) };
  }
  return createDocument(
    {
      openapi: '3.1.0',
      info: {
        title: 'ThriveTech Platform API',
        version: 'v1',
        description:
          'Licenses, activations, products and customers of a software vendor. Every answer has the same envelope; every error tells what to change.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/api/v1', description: 'This server' }],
      security: [{ apiKey: [] }],
      tags: Object.entries(tagDescriptions).map(([name, description]) => ({ name, description })),
      paths: paths as ZodOpenApiPathsObject,
      webhooks: Object.fromEntries(eventTypes.map((type) => [type, webhook(type)])),
      components: { ...components, schemas: { Error: errorBody, ...eventSchemas } },
    },
    { override: relax },
  );
}

// Beside its format a time is bound to the years 1000 to 9999; zod's own pattern for it is long. And answers may get new fields: a document that closed
// them would make every addition break somebody's generated client.
const relax: NonNullable<CreateDocumentOptions['override']> = ({ jsonSchema, io }) => {
  if (jsonSchema.format === 'date-time') jsonSchema.pattern = '^[1-9]';
  if (io === 'output' && jsonSchema.additionalProperties === false) delete jsonSchema.additionalProperties;
};

/** `license.created` → `LicenseCreatedEvent`. */
const eventSchemaName = (type: EventType): string =>
  `${type.replace(/(?:^|\.)(\w)/g, (_match, letter: string) => letter.toUpperCase())}Event`;

const eventSchemas = Object.fromEntries(eventTypes.map((type) => [eventSchemaName(type), eventBody(type)]));

function webhook(type: EventType) {
  return {
    post: {
      operationId: `on${eventSchemaName(type)}`,
      summary: eventCatalogue[type].description,
      tags: ['Webhooks'],
      requestBody: {
        required: true,
        content: {
          'application/json': {
            schema: { $ref: `#/components/schemas/${eventSchemaName(type)}` },
            example: exampleEvent(type),
          },
        },
      },
      responses: { '200': { description: 'Any 2xx says that the event was received.' } },
    },
  };
}
