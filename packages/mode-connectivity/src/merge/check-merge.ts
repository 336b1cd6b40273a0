import type { Weights } from '../check-weights.js';
import { isList, shown } from '../what-came.js';

/** What an option may be, in words and as a test. */
interface Options {
  readonly weights?: readonly number[];
  readonly scale?: number;
  readonly density?: number | readonly number[];
  readonly elect?: string;
  readonly rescale?: string;
  readonly seed?: number;
  readonly masks?: readonly Weights[];
}

/** @throws Unless there are models, and each option is in its range and says something of each. */
export function checkMerge(where: string, models: readonly Weights[], options: Options): void {
  if (!isList(models) || models.length === 0) {
    throw new Error(
      `${where}: models is ${isList(models) ? 'empty' : shown(models)}, expected a list of weights by name, one or more.`,
    );
  }
  const { weights, scale, density, elect, rescale, seed, masks } = options;
  const refuse = (name: string, value: unknown, expected: string) => {
    throw new Error(`${where}: ${name} is ${JSON.stringify(value)}, expected ${expected}.`);
  };
  const isEach = (list: readonly unknown[], is: (x: never) => boolean) =>
    isList(list) && list.length === models.length && list.every((x) => is(x as never));
  const isShare = (x: number) => typeof x === 'number' && x > 0 && x <= 1;
  if (weights !== undefined && !isEach(weights, Number.isFinite)) {
    refuse('weights', weights, `a number for each of ${models.length} models`);
  }
  if (scale !== undefined && !Number.isFinite(scale)) refuse('scale', scale, 'a number, usually 0.3 to 1.5');
  if (density !== undefined && !(typeof density === 'number' ? isShare(density) : isEach(density, isShare))) {
    refuse('density', density, `a share above 0 and at most 1, or one for each of ${models.length} models`);
  }
  if (elect !== undefined && elect !== 'sum' && elect !== 'count') refuse('elect', elect, "'sum' or 'count'");
  if (rescale !== undefined && !['density', 'l1', 'none'].includes(rescale)) {
    refuse('rescale', rescale, "'density', 'l1' or 'none'");
  }
  if (seed !== undefined && !(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32)) {
    refuse('seed', seed, 'a whole number from 0 to 2³² − 1');
  }
  if (masks !== undefined && !isEach(masks, (mask) => typeof mask === 'object')) {
    refuse('masks', 'of another length', `tensors by name for each of ${models.length} models`);
  }
}
