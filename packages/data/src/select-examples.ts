import { checkFits, checkWhole, MAX_COUNT, show } from './check.js';
import { checkExamples, type Examples } from './examples.js';

/**
 * Takes some of the examples, in the order asked for: a batch, or a split someone else has published.
 *
 * @param indices Rows to take, at least one, each 0 … `size − 1`. A row may be taken more than once.
 * @returns New arrays with one row per index; everything else about the task stays as it is.
 * @throws If there is no index or one of them is not a row.
 */
export function selectExamples<E extends Examples>(examples: E, indices: ArrayLike<number>): E {
  const where = 'selectExamples';
  checkExamples(where, examples);
  if (typeof indices !== 'object' || indices === null) {
    throw new Error(`${where}: indices is ${show(indices)}, expected a list of rows. Try [0, 1].`);
  }
  checkWhole(where, 'indices.length', indices.length, 1, MAX_COUNT, 'Try [0, 1].');
  checkFits(where, indices.length, examples.width, 'Take fewer rows at a time.');
  const last = examples.size - 1;
  for (let i = 0; i < indices.length; i++) {
    checkWhole(where, `indices[${i}]`, indices[i], 0, last, 'Count rows from 0.');
  }
  return takeRows(examples, indices);
}

/** {@link selectExamples} for rows that are known to exist. */
export function takeRows<E extends Examples>(examples: E, rows: ArrayLike<number>): E {
  const { width, inputs, labels } = examples;
  const size = rows.length;
  const taken = { inputs: new Int32Array(size * width), labels: new Int32Array(size), size };
  for (let i = 0; i < size; i++) {
    taken.inputs.set(inputs.subarray(rows[i] * width, (rows[i] + 1) * width), i * width);
    taken.labels[i] = labels[rows[i]];
  }
  return { ...examples, ...taken };
}
