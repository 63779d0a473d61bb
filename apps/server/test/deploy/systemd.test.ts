import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const analyzer = 'systemd-analyze';
const analyze = (...args: string[]) => spawnSync(analyzer, args, { encoding: 'utf8' });

const folder = join(import.meta.dirname, '../../deploy');
const units = readdirSync(folder).filter((name) => /[.](?:service|timer)$/.test(name));
const read = (name: string) => readFileSync(join(folder, name), 'utf8');
const valuesOf = (unit: string, name: string) =>
  [...read(unit).matchAll(new RegExp(`^${name}=(.*)$`, 'gm'))].map(([, value = '']) => value);

describe('the units', () => {
  it('are a server, a backup, and when it is made', () => {
    expect(units.sort()).toEqual([
      'thrivetech-backup.service',
      'thrivetech-backup.timer',
      'thrivetech.service',
    ]);
  });

  it('are understood by systemd', (context) => {
    if (analyze('--version').status !== 0)
      return context.skip(`${analyzer} is not on this machine: nobody but these tests has read the units`);
    const there = mkdtempSync(join(tmpdir(), 'thrive-units-'));
    try {
      for (const unit of units) {
        // It looks whether programs are there.
        const text = read(unit)
          .replaceAll('/opt/thrivetech/node_modules/node/bin/node', process.execPath)
          .replaceAll('/opt/thrivetech', there);
        writeFileSync(join(there, unit), text);
      }
      const paths = units.map((unit) => join(there, unit));
      const { status, stdout, stderr } = analyze('verify', '--man=no', ...paths);
      expect([status, stdout, stderr]).toEqual([0, '', '']);
    } finally {
      rmSync(there, { recursive: true, force: true });
    }
  });
});

describe.each(['thrivetech.service', 'thrivetech-backup.service'])('%s', (unit) => {
  it('runs as a user of its own who can become nobody else, and writes to its own folders only', () => {
    expect(valuesOf(unit, 'User')).toEqual(['thrivetech']);
    expect(valuesOf(unit, 'NoNewPrivileges')).toEqual(['yes']);
    expect(valuesOf(unit, 'CapabilityBoundingSet')).toEqual(['']);
    expect(valuesOf(unit, 'ProtectSystem')).toEqual(['strict']);
    expect(valuesOf(unit, 'ProtectHome')).toEqual(['yes']);
    expect(valuesOf(unit, 'UMask')).toEqual(['0077']);
  });

  it('leaves V8 the right to make machine code', () => {
    expect(valuesOf(unit, 'MemoryDenyWriteExecute')).toEqual([]);
  });

  it('holds no secret', () => {
    expect(read(unit)).not.toMatch(/^Environment=.*(?:PASSWORD|SECRET|KEY|DATABASE_URL)/m);
    expect(valuesOf(unit, 'EnvironmentFile')).toEqual(['-/etc/thrivetech.env']);
  });
});

it('the server is started again when it fails, and gets longer to stop than its requests to finish', () => {
  const unit = 'thrivetech.service';
  expect(valuesOf(unit, 'Restart')).toEqual(['on-failure']);
  const main = readFileSync(join(folder, '../src/main.ts'), 'utf8');
  const [, drainMs = ''] = main.match(/const drainMs = ([\d_]+);/) ?? [];
  expect(Number(valuesOf(unit, 'TimeoutStopSec')[0]) * 1_000).toBeGreaterThan(
    Number(drainMs.replaceAll('_', '')),
  );
});

it('the journal never gets the keys of the first start', () => {
  expect(valuesOf('thrivetech.service', 'StandardOutput')).toEqual(['null']);
  expect(valuesOf('thrivetech.service', 'StandardError')).toEqual(['journal']);
});

it('old backups go only after a new one was made', () => {
  expect(valuesOf('thrivetech-backup.service', 'ExecStart').join()).toContain(' backup ');
  expect(valuesOf('thrivetech-backup.service', 'ExecStartPost').join()).toContain('-delete');
});
