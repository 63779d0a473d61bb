import { expect, it } from 'vitest';
import { gather } from './gather.ts';

it('what comes while a round is under way goes together in the next', async () => {
  const rounds: number[][] = [];
  const double = gather(async (items: readonly number[]) => {
    rounds.push([...items]);
    return items.map((item) => item * 2);
  }, 3);
  expect(await Promise.all([1, 2, 3, 4, 5].map(double))).toEqual([2, 4, 6, 8, 10]);
  expect(rounds).toEqual([[1], [2, 3, 4], [5]]);
});

it('a round that fails fails those that were in it, and nobody after them', async () => {
  const echo = gather(async (items: readonly string[]) => {
    if (items.includes('bad')) throw new Error('A round failed.');
    return items;
  }, 2);
  const answers = await Promise.allSettled(['one', 'two', 'bad', 'three'].map(echo));
  expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
});
