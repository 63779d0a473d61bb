import {
  type OpenApiDocument,
  type OpenApiOperation,
  type Parameter,
  referredName,
  type Schema,
} from './open-api.ts';

/** What a method of the client is made from. */
export interface Operation {
  /** Dotted tRPC name, `licenses.devices.list`. */
  readonly name: string;
  readonly method: string;
  /** `/licenses/{licenseId}` */
  readonly path: string;
  readonly summary: string;
  readonly description: string;
  /** Fields of path, query and body in one flat object, as the tRPC door takes them. */
  readonly input: Schema;
  readonly answer: Answer;
}

export type Answer =
  | { readonly kind: 'value'; readonly schema: Schema }
  /** `limitMax` is the largest page that the document allows. */
  | { readonly kind: 'page'; readonly item: Schema; readonly limitMax: number }
  | { readonly kind: 'stream' }
  | { readonly kind: 'file' };

const methods = ['get', 'post', 'put', 'delete'];

/**
 * Every operation of the document, in its order.
 *
 * @throws {Error} for what a method could not express, for instance two fields of one name.
 */
export function readOperations(document: OpenApiDocument): Operation[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => {
      if (!operation || !methods.includes(method)) throw new Error(`${path}: ${method} is not known here`);
      const { operationId: name, summary, description } = operation;
      return {
        name,
        method: method.toUpperCase(),
        path,
        summary,
        description,
        input: readInput(document, operation),
        answer: readAnswer(operation),
      };
    }),
  );
}

function readInput(document: OpenApiDocument, operation: OpenApiOperation): Schema {
  const { operationId: name, parameters = [], requestBody } = operation;
  const properties: Record<string, Schema> = {};
  const required: string[] = [];
  const add = (field: string, schema: Schema, isRequired: boolean) => {
    if (field in properties) throw new Error(`${name}: two fields are called ${field}`);
    properties[field] = schema;
    if (isRequired) required.push(field);
  };

  for (const parameter of parameters.map((one) => resolve(document, one))) {
    // The client sets the headers by itself.
    if (parameter.in !== 'header') add(parameter.name, parameter.schema, parameter.required ?? false);
  }
  const body = requestBody?.content['application/json']?.schema;
  if (requestBody && body?.type !== 'object') throw new Error(`${name}: the body is no object`);
  for (const [field, schema] of Object.entries(body?.properties ?? {})) {
    add(field, schema, body?.required?.includes(field) ?? false);
  }
  return { type: 'object', properties, required, additionalProperties: false };
}

function resolve(document: OpenApiDocument, parameter: Parameter | { readonly $ref: string }): Parameter {
  if (!('$ref' in parameter)) return parameter;
  const found = document.components.parameters[referredName(parameter) ?? ''];
  if (!found) throw new Error(`${parameter.$ref} is not in the document`);
  return found;
}

function readAnswer({ operationId: name, parameters = [], responses }: OpenApiOperation): Answer {
  const [, success] = Object.entries(responses).find(([status]) => status.startsWith('2')) ?? [];
  if (!success) throw new Error(`${name}: no answer is a success`);
  const envelope = success.content['application/json']?.schema;
  if (!envelope) {
    const isBinary = Object.values(success.content).some(
      (content) => content.schema?.['format'] === 'binary',
    );
    return { kind: isBinary ? 'file' : 'stream' };
  }

  const { data, meta } = envelope.properties ?? {};
  if (!data) throw new Error(`${name}: the answer has no data`);
  if (!data.items || !meta?.properties?.['pagination']) return { kind: 'value', schema: data };
  const limit = parameters.find((one): one is Parameter => 'name' in one && one.name === 'limit');
  if (limit?.schema.maximum === undefined) throw new Error(`${name}: nothing says how long a page may be`);
  return { kind: 'page', item: data.items, limitMax: limit.schema.maximum };
}
