import { decodeBase64Url } from './base64url.ts';

export type Guard<T> = (value: unknown) => value is T;

export const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** Counts and epoch seconds: whole, not negative, exact in a double. */
export const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

/** Base64url of exactly `length` bytes. */
export const isBytes =
  (length: number) =>
  (value: unknown): value is string =>
    typeof value === 'string' && decodeBase64Url(value)?.length === length;

export const isExactly =
  <const T>(expected: T) =>
  (value: unknown): value is T =>
    value === expected;

export const isOptional =
  <T>(guard: Guard<T>) =>
  (value: unknown): value is T | undefined =>
    value === undefined || guard(value);

export const isNullOr =
  <T>(guard: Guard<T>) =>
  (value: unknown): value is T | null =>
    value === null || guard(value);

export const isListOf =
  <T>(guard: Guard<T>) =>
  (value: unknown): value is T[] =>
    Array.isArray(value) && value.every(guard);

export const isMapOf =
  <T>(guard: Guard<T>) =>
  (value: unknown): value is Record<string, T> =>
    isRecord(value) && Object.values(value).every(guard);

/** An object with at least these members. Others are let through: a later version may add claims. */
export const isShape =
  <T extends object>(members: { [Name in keyof Required<T>]: Guard<T[Name]> }) =>
  (value: unknown): value is T =>
    isRecord(value) && Object.entries<Guard<unknown>>(members).every(([name, guard]) => guard(value[name]));

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
