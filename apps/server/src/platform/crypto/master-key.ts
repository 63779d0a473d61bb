import { hkdfSync, randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * One secret of 32 bytes from which all symmetric keys are derived, each for one purpose, so that a leak of
 * one says nothing about the others.
 */
export class MasterKey {
  readonly #secret: Uint8Array;

  constructor(secret: Uint8Array) {
    if (secret.length !== 32) throw new Error('The master key must have 32 bytes.');
    this.#secret = secret;
  }

  /** A 32-byte key for one purpose (HKDF-SHA-256, RFC 5869). The purpose is part of the stored data's meaning: never rename one. */
  derive(purpose: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.#secret, '', `thrive/${purpose}`, 32));
  }
}

/** Reads a secret file, or makes it on first use, readable by its owner alone. Two starts at once agree on one. */
export function readOrCreateSecretFile(path: string, create: () => string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  try {
    // Linked when complete: nobody reads half a secret, and whoever comes second reads the winner's.
    writeFileSync(draft, create(), { mode: 0o600, flush: true });
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return readFileSync(path, 'utf8');
}

/** The master key in a file, made on first use. Whoever loses this file loses every stored license key. */
export function loadMasterKey(path: string): MasterKey {
  const text = readOrCreateSecretFile(path, () => `${randomBytes(32).toString('base64url')}\n`);
  return parseMasterKey(text);
}

/** The master key as its file says it. */
export const parseMasterKey = (text: string): MasterKey =>
  new MasterKey(Buffer.from(text.trim(), 'base64url'));
