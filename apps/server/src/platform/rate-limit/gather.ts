/**
 * Lets what is asked for at the same time go together: while one round is under way, all that comes waits for the next.
 *
 * @param run answers each item, in the order of the items.
 * @param most items of one round.
 */
export function gather<Item, Answer>(
  run: (items: readonly Item[]) => Promise<readonly Answer[]>,
  most: number,
): (item: Item) => Promise<Answer> {
  const waiting: Waiting<Item, Answer>[] = [];
  let isRunning = false;

  const runAll = async () => {
    isRunning = true;
    while (waiting.length > 0) {
      const round = waiting.splice(0, most);
      try {
        const answers = await run(round.map(({ item }) => item));
        round.forEach(({ resolve }, n) => void resolve(answers[n] as Answer));
      } catch (error) {
        for (const { reject } of round) reject(error);
      }
    }
    isRunning = false;
  };

  return (item) =>
    new Promise((resolve, reject) => {
      waiting.push({ item, resolve, reject });
      if (!isRunning) void runAll();
    });
}

interface Waiting<Item, Answer> {
  readonly item: Item;
  resolve(answer: Answer): void;
  reject(error: unknown): void;
}
