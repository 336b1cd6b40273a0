import { type DataTypeMap, Tensor, type TensorContainer, tensor } from '@tensorflow/tfjs-core';
import { type Batch, tensorsIn } from '../../batch.js';

/** The values of a tensor in a form that can be sent to another thread. */
class HostTensor {
  readonly isHostTensor = true;
  constructor(
    readonly values: DataTypeMap[keyof DataTypeMap],
    readonly shape: readonly number[],
    readonly dtype: keyof DataTypeMap,
  ) {}
}

/** A batch whose tensors are values on the host. */
export type HostBatch = { readonly [field: string]: unknown };

/** Reads a batch. */
export async function readBatch(batch: Batch): Promise<HostBatch> {
  const values = new Map<Tensor, HostTensor>();
  for (const each of tensorsIn(batch)) {
    values.set(each, new HostTensor(await each.data(), each.shape, each.dtype));
  }
  return mapped(batch, (value) => (value instanceof Tensor ? values.get(value) : undefined)) as HostBatch;
}

/** Makes the tensors of a batch that was read; the caller frees them. */
export const makeBatch = (batch: HostBatch): Batch =>
  mapped(batch, (value) =>
    isHostTensor(value) ? tensor(value.values as never, [...value.shape], value.dtype) : undefined,
  ) as unknown as Batch;

/** How many rows a batch has: the first dimension of its first tensor. */
export const rowsOf = (batch: HostBatch): number => {
  const [first] = hostTensorsIn(batch.inputs);
  return first?.shape[0] ?? 1;
};

/**
 * Cuts a batch into parts of as equal numbers of rows as possible; fewer where it has fewer rows. Tensors that do not have
 * a row per example go to all.
 */
export function splitBatch(batch: HostBatch, count: number): HostBatch[] {
  const rows = rowsOf(batch);
  const parts = Math.max(1, Math.min(count, rows));
  return Array.from({ length: parts }, (_, part) => {
    const [from, to] = [Math.floor((part * rows) / parts), Math.floor(((part + 1) * rows) / parts)];
    return mapped(batch, (value) =>
      isHostTensor(value) && value.shape[0] === rows ? rowsBetween(value, from, to) : undefined,
    ) as HostBatch;
  });
}

function rowsBetween({ values, shape, dtype }: HostTensor, from: number, to: number): HostTensor {
  const size = shape.slice(1).reduce((product, length) => product * length, 1);
  return new HostTensor(values.slice(from * size, to * size) as never, [to - from, ...shape.slice(1)], dtype);
}

const isHostTensor = (value: unknown): value is HostTensor =>
  (value as HostTensor | null)?.isHostTensor === true;

const hostTensorsIn = (value: unknown): HostTensor[] => {
  if (isHostTensor(value)) return [value];
  if (!isContainer(value)) return [];
  return Object.values(value).flatMap(hostTensorsIn);
};

const isContainer = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !ArrayBuffer.isView(value);

/** A copy in which each value is replaced by what `replace` returns for it, where that is not undefined. */
function mapped(value: unknown, replace: (value: unknown) => unknown): TensorContainer | unknown {
  const replaced = replace(value);
  if (replaced !== undefined) return replaced;
  if (Array.isArray(value)) return value.map((item) => mapped(item, replace));
  if (!isContainer(value) || isHostTensor(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapped(item, replace)]));
}
