import { dispose, type Scalar, Tensor, tidy } from '@tensorflow/tfjs-core';
import { isRecord, shown } from './what-came.js';

/** What is measured on a batch, by name: `{ loss, error }`. Scalars are read back and disposed. */
export type Measure<Batch> = (batch: Batch) => Readonly<Record<string, Scalar | number>> | Scalar | number;

type Measured = Readonly<Record<string, Tensor | number>>;

/**
 * Measures a batch and reads the numbers back.
 *
 * @throws If a measure gives no name, or anything but one number for a name.
 */
export async function measureBatch<Batch>(
  measure: Measure<Batch>,
  batch: Batch,
): Promise<Record<string, number>> {
  const measured = tidy(() => named(measure(batch)));
  const numbers = Object.entries(measured).map(
    async ([name, value]) => [name, typeof value === 'number' ? value : (await value.data())[0]] as const,
  );
  try {
    return Object.fromEntries(await Promise.all(numbers));
  } finally {
    dispose(measured as Record<string, Tensor>);
  }
}

function named(given: unknown): Measured {
  const measured = typeof given === 'number' || given instanceof Tensor ? { loss: given } : given;
  if (!isRecord(measured)) throw refusal(given, shown(given));
  const entries = Object.entries(measured);
  if (entries.length === 0) throw refusal(given, 'an object without entries');
  for (const [name, value] of entries) {
    if (!isOneNumber(value)) throw refusal(value, `${shown(value)} for '${name}'`);
  }
  return { ...measured } as Measured;
}

const isOneNumber = (value: unknown): boolean =>
  typeof value === 'number' ||
  (value instanceof Tensor && value.size === 1 && value.dtype !== 'string' && value.dtype !== 'complex64');

function refusal(given: unknown, what: string): Error {
  // Nobody waits for a promise that is refused.
  if (given instanceof Promise) given.catch(() => {});
  return new Error(
    `errorAlongPath: measure gave ${what}, expected a number or a tensor with one, or an object of those by name. ` +
      `Take the mean over a batch, and return tensors unread.`,
  );
}
