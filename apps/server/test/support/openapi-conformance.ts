import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcedureContract } from '@thrivetech/contracts';
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

// The committed document, not one made anew: what is published is what answers are held against.
const document = JSON.parse(readFileSync(join(import.meta.dirname, '../../openapi.json'), 'utf8'));

const ajv = new Ajv2020.default({ strict: false, allErrors: true });
addFormats.default(ajv);
ajv.addSchema(document, 'openapi');
const validators = new Map<string, ValidateFunction>();

/** @throws when an answer's status, headers, body or error code is not in the document. */
export function assertDocumented(contract: ProcedureContract, response: Response, body: unknown): void {
  const path = contract.path.replace(/:(\w+)/g, '{$1}');
  const { responses } = document.paths[path][contract.method.toLowerCase()];
  const documented = responses[response.status];
  const where = `${contract.method} ${contract.path} ${response.status}`;
  if (!documented) throw new Error(`${where}: this status is not documented`);

  for (const header of ['x-request-id', 'x-ratelimit-limit', 'x-ratelimit-remaining', 'x-ratelimit-reset']) {
    if (!response.headers.has(header)) throw new Error(`${where}: the header ${header} is missing`);
  }
  const validate = validatorOf(path, contract.method.toLowerCase(), response.status);
  if (!validate(body))
    throw new Error(`${where}: ${ajv.errorsText(validate.errors)} in ${JSON.stringify(body)}`);
  const code = (body as { error?: { code: string } }).error?.code;
  if (code && !documented['x-error-codes'].includes(code))
    throw new Error(`${where}: the code ${code} is not documented`);
}

function validatorOf(path: string, method: string, status: number): ValidateFunction {
  const pointer = [
    'paths',
    path,
    method,
    'responses',
    String(status),
    'content',
    'application/json',
    'schema',
  ]
    .map((part) => encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1')))
    .join('/');
  const known = validators.get(pointer);
  if (known) return known;
  const validate = ajv.compile({ $ref: `openapi#/${pointer}` });
  validators.set(pointer, validate);
  return validate;
}
