import { isList, isRecord, shown } from '../what-came.js';
import type { Permutations, Symmetry } from './symmetry.js';

/** @throws Unless symmetries are a list of descriptions with names of their own, and an order goes through all of them. */
export function checkSymmetries(
  where: string,
  symmetries: readonly Symmetry[],
  order?: readonly (readonly string[])[],
): void {
  if (!isList(symmetries)) {
    throw new Error(
      `${where}: symmetries is ${shown(symmetries)}, expected a list, such as gptSymmetries(model.config).`,
    );
  }
  const names = new Set<string>();
  for (const symmetry of symmetries) {
    const { name, units, slices, within } = isRecord(symmetry) ? symmetry : ({} as Symmetry);
    if (
      typeof name !== 'string' ||
      !isCount(units) ||
      !isList(slices) ||
      (within && !isCount(within.units))
    ) {
      throw new Error(
        `${where}: a symmetry is ${JSON.stringify(symmetry) ?? shown(symmetry)}, expected { name, units, slices }, units at least 1.`,
      );
    }
    if (names.has(name)) {
      throw new Error(
        `${where}: two symmetries are called '${name}', expected a name for each. What moves together is one symmetry of several slices.`,
      );
    }
    names.add(name);
    for (const { tensor } of [...slices, ...(within?.slices ?? [])]) {
      if (typeof tensor === 'string' || tensor.length === units) continue;
      throw new Error(
        `${where}: '${name}' has ${units} units and a slice of ${tensor.length} tensors, expected one for each unit.`,
      );
    }
  }
  for (const sweep of order ?? []) {
    if (sweep.length === names.size && sweep.every((name) => names.has(name))) continue;
    throw new Error(
      `${where}: a sweep goes through ${JSON.stringify(sweep)}, expected each of ${[...names].join(', ')} once.`,
    );
  }
  if (order?.length === 0) {
    throw new Error(
      `${where}: order is empty, expected a list of names for at least one sweep, or no order.`,
    );
  }
}

const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) > 0;

/** @throws Unless each permutation belongs to a symmetry and is one of all its units. */
export function checkPermutations(
  where: string,
  symmetries: readonly Symmetry[],
  permutations: Permutations,
): void {
  for (const [name, permutation] of Object.entries(permutations)) {
    const symmetry = symmetries.find((known) => known.name === name);
    if (!symmetry) {
      throw new Error(
        `${where}: there is a permutation of '${name}', expected one of ${symmetries.map((known) => known.name).join(', ')}.`,
      );
    }
    const { units, within } = symmetry;
    const isWhole =
      isPermutation(permutation.units, units) &&
      (!within ||
        (permutation.within?.length === units &&
          permutation.within.every((order) => isPermutation(order, within.units))));
    if (isWhole) continue;
    throw new Error(
      `${where}: the permutation of '${name}' is ${JSON.stringify(permutation)}, expected each unit from 0 to ${units - 1} once` +
        `${within ? `, and within each, 0 to ${within.units - 1} once` : ''}.`,
    );
  }
}

const isPermutation = (order: readonly number[], n: number): boolean =>
  isList(order) &&
  order.length === n &&
  new Set(order).size === n &&
  order.every((i) => Number.isInteger(i) && i >= 0 && i < n);
