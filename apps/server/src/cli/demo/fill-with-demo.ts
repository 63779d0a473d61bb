import { setImmediate } from 'node:timers/promises';
import type { PlatformCore } from '../../core.ts';
import { minuteMs } from '../../platform/clock.ts';
import type { Progress } from '../support/progress.ts';
import { type Chapter, createChronicle } from './chronicle.ts';
import { planLives } from './plan-lives.ts';
import { setUpVendor, type Vendor } from './set-up-vendor.ts';
import { writeChapters } from './write-chapters.ts';

/** Licenses of one chapter, whose events are in the order of time. */
const chapterLicenses = 1_000;
/** So many lives are made up in one go; in between, the database takes what is ready for it. */
const breathLicenses = 20;

/** What a demo run made. The API keys are known only now. */
export type DemoSummary = { readonly account_id: string } & Vendor['keys'] & {
    readonly counts: Readonly<Counts>;
    /** Was it stopped before all licenses were made? */
    readonly interrupted: boolean;
  };
type Counts = Record<'products' | 'customers' | 'licenses' | 'devices' | 'events' | 'audit_entries', number>;

interface DemoOptions {
  readonly name: string;
  readonly licenses: number;
  readonly seed: number;
}

/**
 * Makes an account with products, customers, licenses and devices, and all that these would have left behind in two
 * years. Each transaction writes whole licenses, so that the database is consistent whenever this ends.
 */
export async function fillWithDemo(
  core: PlatformCore,
  options: DemoOptions,
  watch: { progress: Progress; interrupted: AbortSignal },
): Promise<DemoSummary> {
  const now = core.clock.now();
  const vendor = await setUpVendor(core, options.name, now);
  const { account_id, keys } = vendor;
  const counts: Counts = {
    products: vendor.products.size,
    customers: 0,
    licenses: 0,
    devices: 0,
    events: 0,
    // The account and its keys.
    audit_entries: 1 + Object.keys(keys).length,
  };
  await writeChapters(core, vendor, chaptersOf(core, vendor, options, watch), (written) => {
    for (const chapter of written) countUp(counts, chapter);
    watch.progress.reach(counts.licenses);
  });
  await core.uow.runInternal(async (tx) => {
    for (const id of vendor.keyIds) await tx.apiKeys.noteUsed(id, now - minuteMs);
  });
  return { account_id, ...keys, counts, interrupted: counts.licenses < options.licenses };
}

/** Tells the story of the vendor, chapter by chapter, to its end or until it is interrupted. */
async function* chaptersOf(
  core: PlatformCore,
  vendor: Vendor,
  { licenses, seed }: DemoOptions,
  { interrupted }: { interrupted: AbortSignal },
): AsyncGenerator<Chapter, void> {
  const chronicle = createChronicle(core, vendor);
  const notes = [...vendor.notes];
  let told = 0;
  for (const life of planLives({ seed, count: licenses, now: vendor.now })) {
    for (; notes[0] && notes[0].at <= life.created_at; notes.shift()) chronicle.note(notes[0]);
    chronicle.add(life);
    if (++told % breathLicenses === 0) await setImmediate();
    if (told % chapterLicenses === 0) yield chronicle.take();
    if (interrupted.aborted) break;
  }
  for (const note of notes) chronicle.note(note);
  yield chronicle.take();
}

function countUp(counts: Counts, chapter: Chapter): void {
  counts.customers += chapter.customers.length;
  counts.licenses += chapter.licenses.length;
  counts.devices += chapter.devices.length;
  counts.events += chapter.events.length;
  counts.audit_entries += chapter.audit.length;
}
