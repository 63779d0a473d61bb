/** The parts of an OpenAPI 3.1 document that the generator reads. */
export interface OpenApiDocument {
  readonly openapi: string;
  readonly info: object;
  readonly paths: Readonly<Record<string, Readonly<Partial<Record<string, OpenApiOperation>>>>>;
  readonly webhooks?: Readonly<Record<string, { readonly post: { readonly requestBody: Content } }>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, Schema>>;
    readonly parameters: Readonly<Record<string, Parameter>>;
  };
}

export interface OpenApiOperation {
  readonly operationId: string;
  readonly summary: string;
  readonly description: string;
  readonly parameters?: readonly (Parameter | Reference)[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}

export interface Content {
  readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema: Schema;
}

interface Reference {
  readonly $ref: string;
}

/** A JSON schema: those of its keywords that matter here, and whatever else it has. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly maximum?: number;
  readonly [keyword: string]: unknown;
}

/** `#/components/schemas/License` → `License`; nothing for a schema that stands where it is used. */
export const referredName = ({ $ref }: { readonly $ref?: string }): string | undefined =>
  $ref?.split('/').at(-1);
