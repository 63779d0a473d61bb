import type { LicenseState, LicenseWarning } from './license-state.ts';

/** What a listener is told, by event. */
export interface LicenseEvents {
  /** Status, reason, or what the license says has changed. */
  readonly change: { readonly state: LicenseState; readonly previous: LicenseState };
  /**
   * Something that needs nobody's attention today and may tomorrow: a refresh did not come through, or grace has begun
   * (`IN_GRACE`). Told once, not at every try.
   */
  readonly warning: LicenseWarning & { readonly state: LicenseState };
}

export type LicenseListener<Name extends keyof LicenseEvents> = (event: LicenseEvents[Name]) => void;

/** Tells listeners. One that throws disturbs nobody else; its error surfaces as that of any other callback. */
export class LicenseEmitter {
  readonly #listeners = new Map<keyof LicenseEvents, Set<(event: never) => void>>();

  /** @returns what ends it. */
  on<Name extends keyof LicenseEvents>(name: Name, listener: LicenseListener<Name>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    // A function of its own, so that one listener registered twice is two.
    const registered = (event: LicenseEvents[Name]) => listener(event);
    listeners.add(registered);
    return () => void listeners.delete(registered);
  }

  emit<Name extends keyof LicenseEvents>(name: Name, event: LicenseEvents[Name]): void {
    for (const listener of [...(this.#listeners.get(name) ?? [])]) {
      try {
        (listener as LicenseListener<Name>)(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}

/** Whether an app that shows the one would show the other: all but the times that every refresh moves. */
export function isSameForApp(left: LicenseState, right: LicenseState): boolean {
  return essence(left) === essence(right);
}

function essence(state: LicenseState): string {
  const { status, deviceId } = state;
  const reason = 'reason' in state ? state.reason : null;
  const seats = 'seats' in state ? state.seats : null;
  const license = 'license' in state ? state.license : null;
  return JSON.stringify([status, reason, deviceId, seats, license]);
}
