import type { StateStore, StoredText } from './state-store.ts';

/** Forgets with the process: for tests, and for apps that keep the text themselves. */
export function createMemoryStore(initial: string | null = null): StateStore {
  let texts = initial === null ? [] : [initial];
  let writes = 0;
  const read: StateStore['read'] = (accept = () => true) => {
    const found = texts.find((text) => isAccepted(text, accept));
    if (found !== undefined) return { kind: 'text', text: found };
    return { kind: texts.length === 0 ? 'none' : 'damaged' };
  };
  return {
    read,
    mark: () => String(writes),
    // Not a moment between reading and writing in which another update could step in.
    async update(change, accept) {
      const current: StoredText = read(accept);
      const text = change(current);
      const before = current.kind === 'text' ? [current.text] : [];
      texts = text === null ? [] : [text, ...before];
      writes += 1;
    },
  };
}

function isAccepted(text: string, accept: (text: string) => boolean): boolean {
  try {
    return accept(text);
  } catch {
    return false;
  }
}
