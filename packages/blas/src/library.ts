import type koffi from 'koffi';

type Koffi = typeof koffi;
type Library = ReturnType<Koffi['load']>;

/** A loaded BLAS: the three functions that are used of it, on addresses, and what it says of itself. */
export interface Blas {
  /** Path or name under which it was loaded. */
  file: string;
  /** 'OpenBLAS', 'MKL', 'BLIS', 'Accelerate', or 'BLAS' if it does not say. */
  name: string;
  version?: string;
  /** For which processor the code was written that it runs here, such as 'Haswell'. */
  kernel?: string;
  gemm: Gemm;
  gemv: Gemv;
  syrk: Syrk;
  /** Where memory starts, for the functions above. */
  addressOf(buffer: ArrayBufferLike): number;
  threads: Threads | null;
}

/** How many threads a library uses; null where that cannot be asked or set. */
interface Threads {
  get(): number;
  set(count: number): void;
}

/** CBLAS's numbers. */
export const [ROW_MAJOR, AS_IT_IS, TRANSPOSED, LOWER] = [101, 111, 112, 122];

type Gemm = (
  ...numbers: [
    ...[
      order: number,
      transposeA: number,
      transposeB: number,
      m: number,
      n: number,
      k: number,
      alpha: number,
    ],
    ...[a: number, lda: number, b: number, ldb: number, beta: number, c: number, ldc: number],
  ]
) => void;
type Gemv = (
  ...numbers: [
    ...[
      order: number,
      transposeA: number,
      rows: number,
      columns: number,
      alpha: number,
      a: number,
      lda: number,
    ],
    ...[x: number, xStep: number, beta: number, y: number, yStep: number],
  ]
) => void;
type Syrk = (
  ...numbers: [
    ...[order: number, triangle: number, transposeA: number, n: number, k: number, alpha: number],
    ...[a: number, lda: number, beta: number, c: number, ldc: number],
  ]
) => void;

/**
 * Loads a BLAS.
 *
 * @param file Its path, or a name that the system's loader finds.
 * @param isMainThread Whether this thread is the first of its process.
 * @returns Null if there is no such library.
 * @throws If it lacks a function, or was built in a way that makes its use unsafe.
 */
export function loadBlas(koffi: Koffi, file: string, isMainThread: boolean): Blas | null {
  const library = loadIfThere(koffi, file);
  if (!library) return null;
  return {
    file,
    ...identify(library, file, isMainThread),
    gemm: library.func(
      'void cblas_sgemm(int, int, int, int, int, int, float, uintptr_t, int, uintptr_t, int, float, uintptr_t, int)',
    ) as unknown as Gemm,
    gemv: library.func(
      'void cblas_sgemv(int, int, int, int, float, uintptr_t, int, uintptr_t, int, float, uintptr_t, int)',
    ) as unknown as Gemv,
    syrk: library.func(
      'void cblas_ssyrk(int, int, int, int, int, float, uintptr_t, int, float, uintptr_t, int)',
    ) as unknown as Syrk,
    addressOf: (buffer) => Number(koffi.address(new Uint8Array(buffer))),
  };
}

function loadIfThere(koffi: Koffi, file: string): Library | null {
  try {
    return koffi.load(file);
  } catch {
    return null;
  }
}

type Identity = Pick<Blas, 'name' | 'version' | 'kernel' | 'threads'>;

function identify(library: Library, file: string, isMainThread: boolean): Identity {
  const known = openBlas(library, isMainThread) ?? mkl(library) ?? blis(library);
  if (known) return known;
  return { name: file.includes('Accelerate.framework') ? 'Accelerate' : 'BLAS', threads: null };
}

/** A function of the library; null if it has none of that name. */
function find<F>(library: Library, prototype: string): F | null {
  try {
    return library.func(prototype) as unknown as F;
  } catch {
    return null;
  }
}

/** How many threads an OpenBLAS was built for, as openblas_get_parallel says it. */
const ONE_THREAD = 0;

function openBlas(library: Library, isMainThread: boolean): Identity | null {
  const config = find<() => string>(library, 'const char *openblas_get_config()')?.();
  if (config === undefined) return null;
  if (/\bUSE64BITINT\b/.test(config)) throw new Error('it takes 64-bit sizes, expected 32-bit ones');
  const parallel = find<() => number>(library, 'int openblas_get_parallel()')?.();
  if (parallel === ONE_THREAD && !isMainThread) {
    throw new Error(
      'it was built for programs of one thread, expected a build that several threads can call',
    );
  }
  const get = find<Threads['get']>(library, 'int openblas_get_num_threads()');
  const set = find<Threads['set']>(library, 'void openblas_set_num_threads(int)');
  return {
    name: 'OpenBLAS',
    version: /^OpenBLAS (\S+)/.exec(config)?.[1],
    kernel: find<() => string>(library, 'const char *openblas_get_corename()')?.(),
    threads: get && set && { get, set },
  };
}

function mkl(library: Library): Identity | null {
  const describe = find<(buffer: Buffer, length: number) => void>(
    library,
    'void MKL_Get_Version_String(_Out_ uint8_t *buffer, int length)',
  );
  if (!describe) return null;
  const buffer = Buffer.alloc(256);
  describe(buffer, buffer.length);
  const get = find<Threads['get']>(library, 'int MKL_Get_Max_Threads()');
  const set = find<Threads['set']>(library, 'void MKL_Set_Num_Threads(int)');
  return {
    name: 'MKL',
    version: /Version (\d[\d.]*)/.exec(buffer.toString('latin1'))?.[1],
    threads: get && set && { get, set },
  };
}

function blis(library: Library): Identity | null {
  const version = find<() => string>(library, 'const char *bli_info_get_version_str()')?.();
  if (version === undefined) return null;
  const architecture = find<() => number>(library, 'int bli_arch_query_id()')?.();
  const nameOf = find<(id: number) => string>(library, 'const char *bli_arch_string(int)');
  const get = find<() => number>(library, 'int64_t bli_thread_get_num_threads()');
  const set = find<Threads['set']>(library, 'void bli_thread_set_num_threads(int64_t)');
  return {
    name: 'BLIS',
    version,
    kernel: architecture === undefined ? undefined : nameOf?.(architecture),
    // It says −1 while nobody has set a number, and then uses one thread.
    threads: get && set && { get: () => Math.max(1, Number(get())), set },
  };
}
