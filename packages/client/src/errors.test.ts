import { errorCatalogue } from '@thrivetech/contracts';
import { describe, expect, it } from 'vitest';
import { errorCodes, ThriveError } from './errors.ts';

describe('the codes of errors', () => {
  it('have every code of the server, with its advice, and whether to try again', () => {
    for (const [code, { message, retryable, action }] of Object.entries(errorCatalogue)) {
      expect(errorCodes[code as keyof typeof errorCatalogue], code).toEqual({ message, retryable, action });
    }
  });

  it('say in a sentence what to do', () => {
    for (const code of Object.keys(errorCodes)) {
      const error = new ThriveError(code);
      expect(error.message, code).toMatch(/[.]$/);
      expect(error.action, code).toMatch(/[.]$/);
    }
  });

  it('may be new: the error then says to update the app', () => {
    for (const code of ['MOON_NOT_FULL', 'constructor', '__proto__']) {
      expect(new ThriveError(code)).toMatchObject({
        code,
        retryable: false,
        action: expect.stringMatching(/^Update the app/),
      });
    }
  });
});
