import { setTimeout } from 'node:timers/promises';
import type { PlatformCore, Repositories } from '../../core.ts';
import { isCounted } from '../../modules/licenses/index.ts';
import { systemRequest } from '../../platform/request-context.ts';
import type { Chapter } from './chronicle.ts';
import type { Vendor } from './set-up-vendor.ts';

/** A transaction takes no chapter more after this long: others wait for it, for at most 5 s. */
const transactionMs = 400;
/**
 * How long the database is left alone between two transactions while a server runs. SQLite lets a waiting writer look
 * again every 100 ms: a shorter pause, and it could miss all of them.
 */
const courtesyMs = 120;

/**
 * Writes chapters, several in one transaction: whoever looks, or dies, in between finds whole ones or nothing. The next
 * chapter is made while the database writes the one before.
 *
 * @param onCommit hears of chapters that are durable.
 */
export async function writeChapters(
  core: PlatformCore,
  vendor: Pick<Vendor, 'account_id' | 'now'>,
  chapters: AsyncIterator<Chapter, void>,
  onCommit: (written: readonly Chapter[]) => void,
): Promise<void> {
  await core.dialect.prepareForBulk(core.connections.write);
  let next = await chapters.next();
  while (!next.done) {
    const written: Chapter[] = [];
    await core.uow.runInternal(async (tx) => {
      const deadline = performance.now() + transactionMs;
      while (!next.done && performance.now() < deadline) {
        const chapter = next.value;
        [next] = await allDone([chapters.next(), writeChapter(core, tx, vendor, chapter)]);
        written.push(chapter);
      }
    });
    onCommit(written);
    if (!next.done && (await core.dialect.isClaimed())) await setTimeout(courtesyMs);
  }
}

/** What points at nothing else goes its own way: while the database works on one table, the rows of the next are prepared. */
async function writeChapter(
  core: Pick<PlatformCore, 'newId'>,
  tx: Repositories,
  { account_id, now }: Pick<Vendor, 'account_id' | 'now'>,
  chapter: Chapter,
): Promise<void> {
  const pointed = async () => {
    await tx.customers.insertMany(chapter.customers);
    await tx.licenses.insertMany(chapter.licenses, now);
    await tx.devices.insertMany(chapter.devices);
    await tx.trialAnchors.insertMany(chapter.anchors);
  };
  const counted = new Set(chapter.licenses.filter(isCounted).map(({ id }) => id));
  const alive = chapter.licenses.filter(({ id, revoked_at }) => counted.has(id) && revoked_at === null);
  const active = chapter.devices.filter(
    ({ license_id, deactivated_at }) => counted.has(license_id) && deactivated_at === null,
  );
  const origin = systemRequest(account_id, { id: core.newId('request', now), now });
  await tx.usage.countMore(origin, 'customers', chapter.customers.length);
  await tx.usage.countMore(origin, 'licenses', alive.length);
  await tx.usage.countMore(origin, 'activations', active.length);
  await allDone([
    pointed(),
    tx.outbox.recordMany(account_id, chapter.events),
    tx.audit.recordMany(account_id, chapter.audit),
  ]);
}

/** Like `Promise.all`, but fails only when the others have ended too: none may write on after its transaction has. */
async function allDone<const Works extends readonly Promise<unknown>[]>(works: Works) {
  await Promise.allSettled(works);
  return Promise.all(works);
}
