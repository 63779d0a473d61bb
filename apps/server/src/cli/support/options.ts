import { InvalidArgumentError } from 'commander';
import { z } from 'zod';

const momentSchema = z.union([z.iso.date(), z.iso.datetime({ offset: true })]);

/** A whole number from 0 up. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,12}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

/** A moment: RFC 3339 with a zone, or a day, which begins at midnight UTC. Gives RFC 3339. */
export function moment(text: string): string {
  if (!momentSchema.safeParse(text).success)
    throw new InvalidArgumentError('It must be a time such as 2027-01-31T12:00:00Z, or a day.');
  return new Date(text).toISOString();
}

/** Collects an option that may be given several times. */
export const several = (value: string, before: string[] = []): string[] => [...before, value];

/** A name for people: 1 to 200 characters. */
export function nameOf(text: string): string {
  const name = text.trim();
  if (name === '' || name.length > 200) throw new InvalidArgumentError('It must have 1 to 200 characters.');
  return name;
}

/** A currency: ISO 4217. */
export function currencyCode(text: string): string {
  if (!/^[A-Z]{3}$/.test(text))
    throw new InvalidArgumentError('It must be three capital letters, such as USD.');
  return text;
}
