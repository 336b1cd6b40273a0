import { isRecord, shown } from './what-came.js';

/** What batches are read from, once. */
export type Source<Batch> = Iterable<Batch> | AsyncIterable<Batch>;

/**
 * Batches that can be read again and again: a list, which stays the caller's, or a function that starts anew, such as
 * `() => dataset.pass()`. A batch that comes from an iterator is disposed once it is measured; one from a list is not.
 */
export type Batches<Batch> = readonly Batch[] | (() => Source<Batch> | Promise<Source<Batch>>);

/** @throws Unless there is at least one split, each a list with batches or a function. */
export function checkData(where: string, data: unknown): void {
  if (!isRecord(data) || Object.keys(data).length === 0) {
    throw new Error(
      `${where}: data is ${isRecord(data) ? 'empty' : shown(data)}, expected an object of splits, ` +
        `such as { validation: batches }.`,
    );
  }
  for (const [split, batches] of Object.entries(data)) {
    if (typeof batches === 'function') continue;
    if (!Array.isArray(batches)) {
      const came = typeof batches === 'object' && batches ? 'can be read only once' : `is ${shown(batches)}`;
      throw new Error(
        `${where}: the split '${split}' ${came}, expected a list of batches or a function that starts anew, ` +
          `such as () => dataset.pass().`,
      );
    }
    if (batches.length === 0) throw noBatches(where, split);
  }
}

export const noBatches = (where: string, split: string): Error =>
  new Error(
    `${where}: the split '${split}' has no batches, expected at least one. A function must start anew each time.`,
  );

/**
 * Begins to read a split.
 *
 * @param before The source that the split gave the last time.
 * @throws Unless there is something to read, from its beginning.
 */
export async function open<Batch>(
  split: string,
  batches: Batches<Batch>,
  before: Source<Batch> | undefined,
): Promise<Source<Batch>> {
  const source = typeof batches === 'function' ? await batches() : batches;
  if (
    typeof source !== 'object' ||
    !source ||
    !(Symbol.iterator in source || Symbol.asyncIterator in source)
  ) {
    throw new Error(
      `errorAlongPath: the split '${split}' gave ${shown(source)}, expected a list of batches or an iterator. ` +
        `Return one, such as that of dataset.pass().`,
    );
  }
  if (source === before && isIterator(source)) {
    throw new Error(
      `errorAlongPath: the split '${split}' gave an iterator that it gave before, expected a new one each time. ` +
        `Make it in the function, such as () => dataset.pass().`,
    );
  }
  return source;
}

/** Whether something iterable is used up once read: it is its own iterator. */
function isIterator(source: Source<unknown>): boolean {
  const iterator: object =
    Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
  return iterator === source;
}
