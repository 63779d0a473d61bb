import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AuditRepository } from './audit.repository.ts';
import { type AuditRecord, chainHash, contentHash } from './audit-entry.ts';
import { verifyAuditChain } from './verify-chain.ts';

const key = new Uint8Array(32).fill(7);
const digest = (text: string) => createHash('sha256').update(text).digest('hex');

function chainOf(length: number, chainKey = key): AuditRecord[] {
  const entries: AuditRecord[] = [];
  for (let sequence = 1; sequence <= length; sequence++) {
    const content = { before: null, after: `{"n":${sequence}}`, salt: `salt${sequence}` };
    const facts = {
      id: `aud_${sequence}`,
      account_id: 'acc_1',
      sequence,
      created_at: 1_000 + sequence,
      actor_id: 'key_1',
      actor_type: 'admin_key',
      address: '127.0.0.1',
      request_id: `req_${sequence}`,
      action: 'license.created',
      target_id: `lic_${sequence}`,
      ...content,
      content_hash: contentHash(content),
    };
    entries.push({ ...facts, hash: chainHash(chainKey, entries.at(-1)?.hash ?? '', facts) });
  }
  return entries;
}

/** A repository that holds these rows and this head. */
const holding = (entries: readonly AuditRecord[], head = entries.at(-1)): AuditRepository =>
  ({
    after: async (_account: string, sequence: number, limit: number) =>
      entries.filter((entry) => entry.sequence > sequence).slice(0, limit),
    head: async () => ({ sequence: head?.sequence ?? 0, hash: head?.hash ?? '' }),
  }) as Partial<AuditRepository> as AuditRepository;

const verify = (entries: readonly AuditRecord[], head?: AuditRecord) =>
  verifyAuditChain(holding(entries, head), 'acc_1', key);

describe('the audit chain', () => {
  it('holds when nobody touched it, whatever its length', async () => {
    for (const length of [0, 1, 499, 500, 501, 1_001]) {
      expect(await verify(chainOf(length))).toEqual({ verified: length, broken: null });
    }
  });

  it('breaks at the entry of which any one column was changed', async () => {
    const chain = chainOf(12);
    const columns = Object.keys(chain[0] ?? {}) as (keyof AuditRecord)[];
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 11 }),
        fc.constantFrom(...columns.filter((name) => name !== 'sequence')),
        fc.string({ minLength: 1 }),
        async (index, column, text) => {
          const entry = chain[index] as AuditRecord;
          const changed = {
            ...entry,
            [column]: typeof entry[column] === 'number' ? 5 : `${entry[column]}${text}`,
          };
          const report = await verify(chain.with(index, changed), chain.at(-1));
          expect(report.broken?.sequence).toBe(index + 1);
          expect(report.verified).toBe(index);
        },
      ),
    );
  });

  it('breaks where an entry was removed, inserted or swapped', async () => {
    const chain = chainOf(8);
    const last = chain.at(-1);
    for (const index of [0, 3, 7]) {
      expect((await verify(chain.toSpliced(index, 1), last)).broken?.sequence).toBe(index + 1);
    }
    const renumbered = (entries: AuditRecord[]) => entries.map((entry, n) => ({ ...entry, sequence: n + 1 }));
    const [second, sixth] = [chain[1], chain[5]] as [AuditRecord, AuditRecord];
    expect((await verify(renumbered(chain.toSpliced(1, 1)), last)).broken?.sequence).toBe(2);
    expect((await verify(renumbered(chain.toSpliced(4, 0, second)), last)).broken?.sequence).toBe(5);
    expect((await verify(renumbered(chain.with(1, sixth).with(5, second)), last)).broken?.sequence).toBe(2);
  });

  it('breaks at its end when entries there were removed or added', async () => {
    const chain = chainOf(5);
    expect((await verify(chain.slice(0, 3), chain[4])).broken?.sequence).toBe(4);
    expect((await verify(chain, chain[3])).broken?.sequence).toBe(6);
  });

  it('cannot be made anew by who does not hold the key', async () => {
    const forged = chainOf(5, new Uint8Array(32).fill(8));
    expect((await verify(forged)).broken?.sequence).toBe(1);
    const unkeyed = chainOf(1).map((entry) => ({ ...entry, hash: digest(JSON.stringify(entry)) }));
    expect((await verify(unkeyed)).broken?.sequence).toBe(1);
  });

  it('finds contents that were changed together with their own digest', async () => {
    const chain = chainOf(4);
    const entry = chain[2] as AuditRecord;
    const content = { ...entry, after: '{"n":99}' };
    const forged = { ...content, content_hash: contentHash(content) };
    expect((await verify(chain.with(2, forged), chain[3])).broken?.sequence).toBe(3);
  });
});
