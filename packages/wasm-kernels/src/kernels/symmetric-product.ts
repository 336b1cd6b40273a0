import type { Kernel } from '../kernel.js';
import { SymmetricProduct } from '../kernel-names.js';
import { checkInput } from './check-input.js';

/** C = A B for each pair of a batch, where C is symmetric: half the work. */
export const symmetricProduct: Kernel = {
  name: SymmetricProduct,
  attrs: ['transposeA', 'transposeB'],
  run({ inputs, attrs, backend, functions, scratch, offset }) {
    const [a, b] = [checkInput(SymmetricProduct, inputs, 'a'), checkInput(SymmetricProduct, inputs, 'b')];
    const [batch, rowsA, columnsA] = a.shape;
    const [n, k] = attrs.transposeA ? [columnsA, rowsA] : [rowsA, columnsA];
    const expected = attrs.transposeB ? [batch, n, k] : [batch, k, n];
    if (a.shape.length !== 3 || String(b.shape) !== String(expected)) {
      throw new Error(
        `${SymmetricProduct}: a has shape [${a.shape}] and b [${b.shape}], expected [batch, n, k] and [batch, k, n]. ` +
          `Check the transpositions.`,
      );
    }
    const out = backend.makeOutput([batch, n, n], 'float32');
    functions.symmetricProduct(
      ...([scratch, batch, n, k, offset(a), Number(attrs.transposeA), 4 * n * k] as const),
      ...([offset(b), Number(attrs.transposeB), 4 * n * k, offset(out)] as const),
    );
    return out;
  },
};
