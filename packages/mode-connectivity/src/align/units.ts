import { clone, concat, gather, reshape, slice, type Tensor, tidy, transpose } from '@tensorflow/tfjs-core';
import type { Weights } from '../check-weights.js';
import { flattened, type Permutation, type Slice, type Symmetry } from './symmetry.js';

/** The units that a slice describes as rows, [units, all that belongs to one]. */
export function unitRows(where: string, weights: Weights, part: Slice, units: number): Tensor {
  if (typeof part.tensor === 'string') return rowsOf(where, weights, part.tensor, part, units);
  return concat(
    part.tensor.map((name) => rowsOf(where, weights, name, part, units / part.tensor.length)),
    0,
  );
}

function rowsOf(where: string, weights: Weights, name: string, part: Slice, units: number): Tensor {
  const tensor = weights[name];
  const { axis, start = 0, size = 1 } = part;
  if (!tensor || !(start + units * size <= tensor.shape[axisOf(tensor, part)])) {
    throw new Error(
      `${where}: ${tensor ? `'${name}' has shape [${tensor.shape}]` : `there is no tensor '${name}'`}, expected ` +
        `${units} units of ${size} along axis ${axis}, from ${start} on. Take the symmetries of this very model.`,
    );
  }
  const at = axisOf(tensor, part);
  const others = tensor.shape.map((_, i) => i).filter((i) => i !== at);
  const first = others.length === 0 ? tensor : transpose(tensor, [at, ...others]);
  const rest = first.shape.slice(1);
  return reshape(slice(first, [start, ...rest.map(() => 0)], [units * size, ...rest]), [units, -1]);
}

const axisOf = ({ rank }: Tensor, { axis }: Slice): number => (axis < 0 ? axis + rank : axis);

/**
 * Puts the units of one symmetry in another order: unit i becomes what unit `permutation.units[i]` was.
 *
 * @returns The tensors that the symmetry touches, new ones.
 */
export function reordered(
  weights: Weights,
  symmetry: Symmetry,
  permutation: Permutation,
): Record<string, Tensor> {
  const { slices, within } = symmetry;
  const inner = within?.slices ?? [];
  return tidy(() => {
    const changed: Record<string, Tensor> = {};
    const at = (name: string): Tensor => changed[name] ?? weights[name];
    // Tensors that change places whole do so once, however many slices lie in them.
    const exchanged = new Set<string>();
    for (const { tensor: names } of [...slices, ...inner]) {
      if (typeof names === 'string' || exchanged.has(names[0])) continue;
      exchanged.add(names[0]);
      names.forEach((name, i) => {
        changed[name] = clone(weights[names[permutation.units[i]]]);
      });
    }
    const reorder = (name: string, part: Slice, order: readonly number[]) => {
      changed[name] = gatheredAlong(at(name), part, order);
    };
    for (const part of slices)
      if (typeof part.tensor === 'string') reorder(part.tensor, part, permutation.units);
    for (const part of inner) {
      if (typeof part.tensor === 'string') reorder(part.tensor, part, flattened(permutation));
      else part.tensor.forEach((name, i) => void reorder(name, part, permutation.within![i]));
    }
    return changed;
  });
}

/** A tensor with the units of a slice in another order, everything else where it was. */
function gatheredAlong(tensor: Tensor, part: Slice, order: readonly number[]): Tensor {
  const { start = 0, size = 1 } = part;
  const at = axisOf(tensor, part);
  const places = Int32Array.from({ length: tensor.shape[at] }, (_, i) => i);
  order.forEach((unit, i) => {
    for (let k = 0; k < size; k++) places[start + i * size + k] = start + unit * size + k;
  });
  return gather(tensor, places as unknown as number[], at);
}
