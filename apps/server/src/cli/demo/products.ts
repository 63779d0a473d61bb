import type { LicenseDefaults, LicenseType } from '@thrivetech/contracts';
import { dayMs } from '../../platform/clock.ts';

/** A product of the demo vendor, before it has an id. */
export interface DemoProduct {
  readonly name: string;
  readonly code: string;
  readonly description: string;
  readonly license_defaults: Partial<LicenseDefaults> & Pick<LicenseDefaults, 'grace_days' | 'device_limit'>;
  readonly metadata: Record<string, string>;
  /** Major version at the beginning of the story; a minor one comes every month. */
  readonly majorVersion: number;
  /** When it was retired, as a share of the whole time. */
  readonly retiredAfter?: number;
}

export const photoStudio: DemoProduct = {
  name: 'Photo Studio',
  code: 'photo-studio',
  description: 'Develops raw pictures and keeps catalogues of them. Bought once.',
  license_defaults: {
    type: 'perpetual',
    device_limit: 2,
    trial_days: 14,
    grace_days: 7,
    features: { raw: true, catalogues: 20, edition: 'standard' },
  },
  metadata: { team: 'imaging' },
  majorVersion: 6,
};

const photoStudioClassic: DemoProduct = {
  name: 'Photo Studio Classic',
  code: 'photo-studio-classic',
  description: 'The version before the new catalogue. No longer sold.',
  license_defaults: { type: 'perpetual', device_limit: 1, grace_days: 7, features: { raw: false } },
  metadata: { team: 'imaging' },
  majorVersion: 5,
  retiredAfter: 0.35,
};

const ledgerDesk: DemoProduct = {
  name: 'Ledger Desk',
  code: 'ledger-desk',
  description: 'Bookkeeping for small companies, by the year.',
  license_defaults: {
    type: 'subscription',
    device_limit: 2,
    duration_days: 365,
    trial_days: 30,
    grace_days: 14,
    features: { companies: 1, bank_feeds: true, payroll: false },
  },
  metadata: { team: 'finance' },
  majorVersion: 3,
};

const cadWorkbench: DemoProduct = {
  name: 'CAD Workbench',
  code: 'cad-workbench',
  description: 'Plans and sections for engineers. Seats float between workstations.',
  license_defaults: {
    type: 'floating',
    device_limit: 3,
    duration_days: 365,
    lease_days: 1,
    grace_days: 10,
    features: { modelling: true, simulation: false, export: 'dxf' },
  },
  metadata: { team: 'engineering' },
  majorVersion: 11,
};

const audioLab: DemoProduct = {
  name: 'Audio Lab',
  code: 'audio-lab',
  description: 'Records and mixes. Its year begins with the first activation.',
  license_defaults: {
    type: 'timed',
    device_limit: 2,
    duration_days: 365,
    trial_days: 10,
    grace_days: 7,
    expiry_basis: 'first_activation',
    features: { tracks: 64, surround: false },
  },
  metadata: { team: 'imaging' },
  majorVersion: 2,
};

const surveyKit: DemoProduct = {
  name: 'Survey Kit',
  code: 'survey-kit',
  description: 'Field data for surveyors; long leases, because there is no network out there.',
  license_defaults: {
    type: 'timed',
    device_limit: 1,
    duration_days: 365,
    lease_days: 45,
    grace_days: 30,
    features: { offline_maps: true, drones: 2 },
  },
  metadata: { team: 'engineering' },
  majorVersion: 4,
};

export const demoProducts: readonly DemoProduct[] = [
  photoStudio,
  photoStudioClassic,
  ledgerDesk,
  cadWorkbench,
  audioLab,
  surveyKit,
];

/** What is sold under each type of license; the more often a product stands here, the more of it. */
export const productsOfType: Record<LicenseType, readonly DemoProduct[]> = {
  perpetual: [photoStudio, photoStudio, photoStudioClassic],
  timed: [audioLab, surveyKit],
  subscription: [ledgerDesk],
  floating: [cadWorkbench],
  trial: [photoStudio, photoStudio, ledgerDesk, audioLab],
};

const monthMs = 30 * dayMs;

/** The version that a machine runs some time after the beginning of the story. */
export function versionOf({ majorVersion }: DemoProduct, sinceBeginningMs: number, patch: number): string {
  const months = Math.max(0, Math.floor(sinceBeginningMs / monthMs));
  return `${majorVersion + Math.floor(months / 12)}.${months % 12}.${patch}`;
}
