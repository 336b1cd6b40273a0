import { dispose, engine, type Tensor } from '@tensorflow/tfjs-core';

/**
 * Frees what tfjs saved for a backward pass that will not come, since the forward pass threw. tfjs frees it only at the
 * end of a pass that went well.
 */
export function freeTape(): void {
  const { state } = engine() as unknown as {
    state: { gradientDepth: number; activeTape: { saved?: Tensor[] }[] | null };
  };
  if (state.gradientDepth > 0) return; // an outer pass still needs its own
  for (const { saved = [] } of state.activeTape ?? []) dispose(saved.filter(({ isDisposed }) => !isDisposed));
  state.activeTape = null;
}
