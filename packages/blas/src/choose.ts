import type { Multiply } from '@evenkeel/wasm-kernels';
import type { Blas } from './library.js';
import { blasProducts } from './products.js';
import { whyWrong } from './verify.js';

/** A library that was there and was not taken. */
export interface Refusal {
  file: string;
  reason: string;
}

export interface Choice {
  blas: Blas;
  multiply: Multiply;
  /** Gives the library the number of threads that it had. */
  restoreThreads(): void;
}

/**
 * The first library that can be loaded and multiplies as float64 does.
 *
 * @param load Loads a library; null if there is none of that name.
 * @param threads How many threads a product may use; by default what the library uses by itself.
 * @param refused Those that were there and were not taken are added here.
 */
export function chooseBlas(
  files: readonly string[],
  load: (file: string) => Blas | null,
  threads: number | undefined,
  refused: Refusal[],
): Choice | null {
  for (const file of files) {
    try {
      const blas = load(file);
      if (!blas) continue;
      const restoreThreads = setThreads(blas, threads);
      const multiply = blasProducts(blas);
      const wrong = whyWrong(multiply);
      if (wrong === null) return { blas, multiply, restoreThreads };
      restoreThreads();
      refused.push({ file, reason: wrong });
    } catch (error) {
      refused.push({ file, reason: (error as Error).message });
    }
  }
  return null;
}

/** @returns A function that undoes it. */
function setThreads({ threads }: Blas, count: number | undefined): () => void {
  if (!threads || count === undefined) return () => {};
  const before = threads.get();
  // Another thread may be multiplying: what is right is left alone.
  if (before === count) return () => {};
  threads.set(count);
  return () => threads.set(before);
}
