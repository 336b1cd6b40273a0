import { dispose, Tensor, type TensorContainer, tensor_util, tidy } from '@tensorflow/tfjs-core';
import { type Batches, noBatches, open, type Source } from './batches.js';
import { measureBatch } from './measure.js';
import type { PathOptions } from './path-options.js';
import { shown } from './what-came.js';

/** Measures one split at the point of the path where the live model is. */
type Reader = (alpha: number) => Promise<Record<string, number>>;

/** What one pass over a split gave: weighted means by name, and over how many batches of what weight. */
interface Pass {
  means: Record<string, number>;
  batches: number;
  weight: number;
}

/** Makes the function that measures a split at each point of a path. Its batches must be the same at every point. */
export function splitReader<Batch>(
  split: string,
  batches: Batches<Batch>,
  options: PathOptions<Batch>,
): Reader {
  let source: Source<Batch> | undefined;
  let first: Pass | undefined;
  return async (alpha) => {
    source = await open(split, batches, source);
    const pass = await passOver(split, source, options);
    first ??= pass;
    checkSameNames(split, Object.keys(first.means), Object.keys(pass.means));
    // In another order, weights may add up to another last digit.
    if (pass.batches === first.batches && Math.abs(pass.weight / first.weight - 1) < 1e-9) return pass.means;
    throw new Error(
      `errorAlongPath: the split '${split}' gave ${amount(pass)} at α = ${alpha} and ${amount(first)} at α = 0, ` +
        `expected the same at each point. A function must start anew each time, with the same batches.`,
    );
  };
}

const amount = ({ batches, weight }: Pass): string => `${batches} batches of weight ${weight}`;

async function passOver<Batch>(
  split: string,
  source: Source<Batch>,
  { measure, maxBatches = Infinity, weigh = () => 1, signal }: PathOptions<Batch>,
): Promise<Pass> {
  const sums = new Map<string, number>();
  let [batches, weight] = [0, 0];
  const isOurs = !Array.isArray(source);
  const measured = async (batch: Batch) => {
    const share = checkWeight(await weightOf(tidy(() => weigh(batch))));
    return { share, numbers: share > 0 ? await measureBatch(measure, batch) : {} };
  };
  for await (const batch of source) {
    try {
      signal?.throwIfAborted();
      const { share, numbers } = await measured(batch).catch((error) => {
        throw isDisposed(batch) ? disposed(split, batches, error) : error;
      });
      if (share > 0 && weight > 0) checkSameNames(split, [...sums.keys()], Object.keys(numbers));
      for (const [name, value] of Object.entries(numbers)) {
        sums.set(name, (sums.get(name) ?? 0) + share * value);
      }
      weight += share;
    } finally {
      if (isOurs) dispose(batch as TensorContainer);
    }
    // Stops before it asks for another batch, which the source would make for nothing.
    if (++batches === maxBatches) break;
  }
  if (batches === 0) throw noBatches('errorAlongPath', split);
  if (weight === 0) {
    throw new Error(
      `errorAlongPath: the batches of the split '${split}' weigh 0 in all, expected more. Look at what weigh gives.`,
    );
  }
  return { means: Object.fromEntries([...sums].map(([name, sum]) => [name, sum / weight])), batches, weight };
}

const isDisposed = (batch: unknown): boolean =>
  tensor_util.getTensorsInContainer(batch as TensorContainer).some((tensor) => tensor.isDisposed);

const disposed = (split: string, index: number, cause: unknown): Error =>
  new Error(
    `errorAlongPath: batch ${index} of the split '${split}' is disposed, expected live tensors. What a function's iterator ` +
      `gives is disposed of once measured: make new batches each time, or give a list, which stays yours.`,
    { cause },
  );

/** Reads it, if it is a tensor with one number; anything else is left to {@link checkWeight}. */
async function weightOf(weight: number | Tensor): Promise<unknown> {
  if (!(weight instanceof Tensor)) return weight;
  try {
    return weight.size === 1 ? (await weight.data())[0] : weight;
  } finally {
    weight.dispose();
  }
}

function checkWeight(weight: unknown): number {
  if (typeof weight === 'number' && weight >= 0 && weight < Infinity) return weight;
  throw new Error(
    `errorAlongPath: weigh gave ${shown(weight)}, expected a finite number ≥ 0, such as a count of examples.`,
  );
}

function checkSameNames(split: string, before: readonly string[], now: readonly string[]): void {
  if (before.length === now.length && now.every((name) => before.includes(name))) return;
  throw new Error(
    `errorAlongPath: measure gave ${now.join(', ')} for a batch of '${split}' and ${before.join(', ')} for one before, ` +
      `expected the same names for each. Weigh a batch that says nothing 0.`,
  );
}
