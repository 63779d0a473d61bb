import type { ProcedureContract } from '@thrivetech/contracts';
import type { z } from 'zod';
import type { RequestContext } from './request-context.ts';

/** One operation: takes a request and its checked input, gives the answer. */
export type UseCase<Input, Output> = (request: RequestContext, input: Input) => Promise<Output>;

/** The use case that a contract asks for. */
export type UseCaseOf<Contract extends ProcedureContract> = UseCase<
  z.output<Contract['input']>,
  z.input<Contract['output']>
>;

/** The fields a caller may leave out, and did or did not. */
export type Changes<Fields> = { readonly [Name in keyof Fields]?: Fields[Name] | undefined };

/** The changes that were really asked for: a field that is left out must not overwrite anything. */
export function given<Fields extends object>(
  changes: Fields,
): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  return Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined)) as never;
}
