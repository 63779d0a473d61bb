import type { ValidationDetail } from '@thrivetech/contracts';

/**
 * Stands in for an input that a door could not read: bad JSON, wrong media type, too large. It travels to the
 * place where inputs are validated, so that a caller without a key still hears 401 first.
 */
export class UnreadableInput {
  readonly details: readonly ValidationDetail[];

  constructor(...details: ValidationDetail[]) {
    this.details = details;
  }
}
