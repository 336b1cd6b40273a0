import {
  BatchMatMul,
  backend_util,
  Einsum,
  getKernel,
  Sum,
  type TensorInfo,
  Transpose,
  util,
} from '@tensorflow/tfjs-core';
import type { Kernel } from '../kernel.js';

/** A tensor whose axes have letters. */
interface Labelled {
  letters: string;
  tensor: TensorInfo;
}

/**
 * `tf.einsum` of one or two tensors, which tfjs's wasm backend lacks: sums out what only one factor
 * has, sorts the axes into [batch, rows or columns, inner], and multiplies matrices.
 */
export const einsum: Kernel = {
  name: Einsum,
  attrs: ['equation'],
  run(call) {
    const tensors = Object.values(call.inputs);
    const equation = (call.attrs.equation as string).replace(/\s/g, '');
    // Throws, in tfjs's words, for equations that tfjs does not support.
    const { allDims, idDims } = backend_util.decodeEinsumEquation(equation, tensors.length);
    backend_util.checkEinsumDimSizes(allDims.length, idDims, tensors as never);
    if (tensors.some(({ dtype }) => dtype !== 'float32')) return call.stock();

    const [terms, output] = equation.split('->');
    const letters = terms.split(',');
    const made: TensorInfo[] = [];
    const run: Run = (name, inputs, attrs) => {
      const result = getKernel(name, 'wasm').kernelFunc({
        inputs,
        attrs,
        backend: call.backend,
      }) as TensorInfo;
      made.push(result);
      return result;
    };
    try {
      const factors = letters.map((own, i) =>
        sumOut(
          { letters: own, tensor: tensors[i] },
          (letter) => output.includes(letter) || letters[1 - i]?.includes(letter),
          run,
        ),
      );
      const product = factors.length === 1 ? factors[0] : multiply(factors[0], factors[1], output, run);
      const result = arrange(product, output, run);
      // The result outlives what it was made from; it may share the data of an input.
      call.backend.incRef(result.dataId);
      return result;
    } finally {
      for (const { dataId } of made) call.backend.disposeData(dataId);
    }
  },
};

type Run = (name: string, inputs: Record<string, TensorInfo>, attrs: Record<string, never>) => TensorInfo;
const attrs = (value: object) => value as Record<string, never>;

/** Sums over the axes that neither the output nor the other factor has. */
function sumOut({ letters, tensor }: Labelled, isNeeded: (letter: string) => boolean, run: Run): Labelled {
  const axis = [...letters].flatMap((letter, i) => (isNeeded(letter) ? [] : i));
  if (axis.length === 0) return { letters, tensor };
  const kept = [...letters].filter(isNeeded).join('');
  return { letters: kept, tensor: run(Sum, { x: tensor }, attrs({ axis, keepDims: false })) };
}

/** The product of two factors, summed over the letters that both have and the output lacks. */
function multiply(a: Labelled, b: Labelled, output: string, run: Run): Labelled {
  const shared = [...a.letters].filter((letter) => b.letters.includes(letter));
  const [batch, inner] = [true, false].map((kept) =>
    shared.filter((l) => output.includes(l) === kept).join(''),
  );
  const own = ({ letters }: Labelled) => [...letters].filter((letter) => !shared.includes(letter)).join('');
  const [rows, columns] = [own(a), own(b)];
  const sizes = new Map(
    [a, b].flatMap(({ letters, tensor }) => [...letters].map((l, i) => [l, tensor.shape[i]] as const)),
  );
  const shapeOf = (letters: string) => [...letters].map((letter) => sizes.get(letter)!);
  const size = (letters: string) => util.sizeFromShape(shapeOf(letters));

  const left = { ...arrange(a, batch + rows + inner, run), shape: [size(batch), size(rows), size(inner)] };
  const right = {
    ...arrange(b, batch + columns + inner, run),
    shape: [size(batch), size(columns), size(inner)],
  };
  const product = run(BatchMatMul, { a: left, b: right }, attrs({ transposeA: false, transposeB: true }));
  const letters = batch + rows + columns;
  return { letters, tensor: { ...product, shape: shapeOf(letters) } };
}

/** The same tensor with its axes in the order of `letters`. */
function arrange({ letters: own, tensor }: Labelled, letters: string, run: Run): TensorInfo {
  return run(Transpose, { x: tensor }, attrs({ perm: [...letters].map((letter) => own.indexOf(letter)) }));
}
