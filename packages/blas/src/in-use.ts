/** The library that computes products. */
export interface BlasInfo {
  /** 'OpenBLAS', 'MKL', 'BLIS', 'Accelerate', or 'BLAS' if it does not say. */
  name: string;
  /** Its version, if it says. */
  version?: string;
  /** For which processor the code was written that it runs here, such as 'SkylakeX', if it says. */
  kernel?: string;
  /** Threads of a product, if it says. */
  threads?: number;
}

/** In a sentence's words: 'OpenBLAS 0.3.21, SkylakeX kernel, 2 threads'. Two that differ compute other last digits. */
export function describeBlas({ name, version, kernel, threads }: BlasInfo): string {
  return [
    version === undefined ? name : `${name} ${version}`,
    ...(kernel === undefined ? [] : [`${kernel} kernel`]),
    ...(threads === undefined ? [] : [threads === 1 ? '1 thread' : `${threads} threads`]),
  ].join(', ');
}

/** Under which others find it without an import: `systemInfo` of @evenkeel/loop writes it into a run's records. */
const IN_USE = Symbol.for('evenkeel.blas');

export function publish(info: BlasInfo | undefined): void {
  (globalThis as Record<symbol, unknown>)[IN_USE] = info;
}
