import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createProgress } from './progress.ts';

function watched(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 120 });
  let text = '';
  stream.on('data', (data) => {
    text += data;
  });
  return { stream, said: () => text };
}

describe('the progress of a long command', () => {
  it('is a line for each tenth where nobody watches, however small or large the steps', () => {
    const { stream, said } = watched(false);
    const progress = createProgress(stream, 40, 'licenses');
    for (const done of [1, 3, 4, 5, 7, 8, 30, 40]) progress.reach(done);
    progress.end();
    expect(said().split('\n')).toEqual([
      '4 of 40 licenses (10 %)',
      '8 of 40 licenses (20 %)',
      '30 of 40 licenses (70 %)',
      '40 of 40 licenses (100 %)',
      '',
    ]);
  });

  it('is a bar on a terminal, and gone at the end', () => {
    const { stream, said } = watched(true);
    const progress = createProgress(stream, 40_000, 'licenses');
    progress.reach(30_000);
    progress.end();
    expect(said()).toContain('75 %  30,000 of 40,000 licenses');
    expect(said()).not.toContain('\n');
  });
});
