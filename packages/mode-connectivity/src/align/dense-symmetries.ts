import type { Slice, Symmetry } from './symmetry.js';

/** Of a dense layer, the names of its tensors. */
export interface DenseLayer {
  readonly kernel: string;
  readonly bias?: string;
}

export interface DenseOptions {
  /** How kernels lie in memory: `[in, out]` as those of tf.layers, or `[out, in]` as PyTorch's. Default `[in, out]`. */
  readonly layout?: '[in, out]' | '[out, in]';
}

/**
 * The symmetries of dense layers that follow one another, with an activation that treats each unit by itself between them: the
 * hidden units of each layer but the last may change places, with their biases and with what the next layer makes of them.
 *
 * @param layers From input to output.
 * @param units How many each layer but the last has.
 * @returns One symmetry per hidden layer, called as its kernel.
 */
export function denseSymmetries(
  layers: readonly DenseLayer[],
  units: readonly number[],
  { layout = '[in, out]' }: DenseOptions = {},
): Symmetry[] {
  if (units.length !== layers.length - 1) {
    throw new Error(
      `denseSymmetries: got ${layers.length} layers and the units of ${units.length}, expected those of each layer but the last.`,
    );
  }
  const [input, output] = layout === '[in, out]' ? [0, 1] : [1, 0];
  return units.map((count, i) => {
    const { kernel, bias } = layers[i];
    const slices: Slice[] = [
      { tensor: kernel, axis: output },
      ...(bias === undefined ? [] : [{ tensor: bias, axis: 0 }]),
      { tensor: layers[i + 1].kernel, axis: input },
    ];
    return { name: kernel, units: count, slices };
  });
}
