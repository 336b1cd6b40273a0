import {
  gather,
  getBackend,
  reshape,
  scatterND,
  type Tensor,
  unsortedSegmentSum,
  util,
} from '@tensorflow/tfjs-core';
import { overNothing } from './over-nothing.js';
import { requireFloat } from './require-float.js';
import { withGradient } from './with-gradient.js';

/** Where reading a tensor back is a copy in memory, not a wait for a GPU. */
const HOST_BACKENDS = ['cpu', 'wasm'];

/**
 * Looks up one row of a table per id.
 *
 *     yₙ = table[idₙ]          ∂/∂table = Σₙ dyₙ into row idₙ
 *
 * Its gradient runs on the wasm backend too, where that of `tf.gather` has no kernel.
 *
 * @param table Shape `[vocabulary, features]`, float32.
 * @param ids Shape `[...]`, int32, each from 0 to vocabulary − 1.
 * @returns Shape `[..., features]`.
 * @throws If shapes or dtypes do not fit; on cpu and wasm also if an id is out of range. On webgl and
 *     webgpu nothing is read back to check, and such an id gives an undefined row.
 */
export function embedding(table: Tensor, ids: Tensor): Tensor {
  util.assert(
    table.rank === 2,
    () =>
      `embedding: table has shape [${table.shape}], expected [vocabulary, features]. ` +
      `Pass the table first and the ids second.`,
  );
  util.assert(
    ids.dtype === 'int32',
    () =>
      `embedding: ids has dtype ${ids.dtype}, expected int32. Create it with tf.tensor(ids, shape, 'int32').`,
  );
  requireFloat('embedding', { table });
  const vocabulary = table.shape[0];
  if (HOST_BACKENDS.includes(getBackend())) requireInRange(ids, vocabulary);
  const shape = [...ids.shape, table.shape[1] as number];
  return util.sizeFromShape(shape) === 0 ? overNothing([table], shape) : gatherRows(table, ids);
}

function requireInRange(ids: Tensor, vocabulary: number): void {
  const wrong = ids.dataSync<'int32'>().find((id) => id < 0 || id >= vocabulary);
  util.assert(
    wrong === undefined,
    () =>
      `embedding: ids contains ${wrong}, expected 0 to ${vocabulary - 1}. ` +
      `Check that tokenizer and table have the same vocabulary.`,
  );
}

/** Rows by id. Its gradient is {@link scatterRows}. */
const gatherRows = (table: Tensor, ids: Tensor): Tensor =>
  withGradient(
    [table],
    () => ({ value: gather(table, ids), save: [ids] }),
    (dy, [ids]) => [scatterRows(dy, ids, table.shape[0])],
  );

/** Adds each row of `dy` into the row its id names. Its gradient is {@link gatherRows}. */
const scatterRows = (dy: Tensor, ids: Tensor, vocabulary: number): Tensor =>
  withGradient(
    [dy],
    () => {
      const rows = reshape(dy, [-1, dy.shape[dy.rank - 1]]);
      const sums = HOST_BACKENDS.includes(getBackend())
        ? scatterND(reshape(ids, [-1, 1]), rows, [vocabulary, rows.shape[1]!]) // has no kernel for the other, or a slow one
        : unsortedSegmentSum(rows, reshape(ids, [-1]), vocabulary); // scatterND on webgl errs on an id of shape []
      return { value: sums, save: [ids] };
    },
    (dTable, [ids]) => [gatherRows(dTable, ids)],
  );
