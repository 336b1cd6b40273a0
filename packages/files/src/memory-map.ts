import type { ByteSource } from './byte-source.js';
import { cannotOpen, checkPlainFile, versionOf } from './file-kind.js';
import { koffiModule, nodeFs } from './node-modules.js';

/** A view is at most this long: array buffers have a limit, files do not. */
const SEGMENT = 2 ** 30;
const [PROT_READ, MAP_SHARED] = [1, 1];
const LIBC = { linux: ['libc.so.6', 'libc.so'], darwin: ['libSystem.B.dylib'] } as Record<string, string[]>;

/**
 * A file as memory, by mmap: the system reads pages when they are touched and keeps them while it can.
 *
 * Faster than reading once the pages are in memory. They count as resident memory of the process, though the system
 * takes them back when it needs them. The file must not become shorter while it is open: touching a page beyond its
 * end kills the process.
 *
 * @throws Without the optional package `koffi`, on Windows, or if the file cannot be mapped.
 */
export async function openMemoryMap(where: string, path: string | URL): Promise<ByteSource> {
  const fs = await nodeFs(where);
  const libc = await loadLibc(where);
  await checkPlainFile(where, path);
  const file = await fs.promises.open(path, 'r').catch((error: Error) => {
    throw cannotOpen(where, path, error);
  });
  try {
    const stat = await file.stat({ bigint: true });
    const size = Number(stat.size);
    if (size === 0) return { size, read: async () => new Uint8Array(), readSync: () => new Uint8Array() };
    const address = libc.mmap(null, size, PROT_READ, MAP_SHARED, file.fd, 0);
    if (BigInt.asIntN(64, address) === -1n) {
      throw new Error(`${where}: '${path}' cannot be mapped, expected a plain file. Try memoryMap: false.`);
    }
    return { ...mapped(where, size, address, libc), version: versionOf(stat) };
  } finally {
    await file.close(); // the mapping stays
  }
}

function mapped(where: string, size: number, address: bigint, libc: Libc): ByteSource {
  let segments = Array.from({ length: Math.ceil(size / SEGMENT) }, (_, i) => {
    const start = i * SEGMENT;
    return new Uint8Array(libc.view(address + BigInt(start), Math.min(SEGMENT, size - start)));
  });
  /** A copy: a view would crash the process once the map is closed. */
  const readSync = (offset: number, length: number) => {
    if (segments.length === 0)
      throw new Error(`${where}: the file is closed, expected it open. Open it again.`);
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const at = (offset + done) % SEGMENT;
      const part = segments[Math.floor((offset + done) / SEGMENT)].subarray(at, at + length - done);
      bytes.set(part, done);
      done += part.length;
    }
    return bytes;
  };
  return {
    size,
    readSync,
    read: async (offset, length) => readSync(offset, length),
    close() {
      if (segments.length > 0) libc.munmap(address, size);
      segments = [];
    },
  };
}

interface Libc {
  mmap(at: null, length: number, protection: number, flags: number, fd: number, offset: number): bigint;
  munmap(address: bigint, length: number): number;
  view(address: bigint, length: number): ArrayBuffer;
}

async function loadLibc(where: string): Promise<Libc> {
  const names = LIBC[process.platform];
  if (!names) {
    throw new Error(
      `${where}: memoryMap is true on ${process.platform}, expected Linux or macOS. Try memoryMap: false.`,
    );
  }
  try {
    const koffi = await koffiModule();
    const load = (name: string) => {
      const library = koffi.load(name);
      return {
        mmap: library.func(
          'void *mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)',
        ),
        munmap: library.func('int munmap(void *address, size_t length)'),
        view: (address: bigint, length: number) => koffi.view(address, length),
      } as unknown as Libc;
    };
    return firstThatLoads(names, load);
  } catch (error) {
    throw new Error(
      `${where}: memoryMap is true, but koffi cannot be loaded (${(error as Error).message}), expected it to be ` +
        'installed. Try npm install koffi, or memoryMap: false.',
      { cause: error },
    );
  }
}

function firstThatLoads<T>(names: readonly string[], load: (name: string) => T): T {
  const [name, ...others] = names;
  try {
    return load(name);
  } catch (error) {
    if (others.length === 0) throw error;
    return firstThatLoads(others, load);
  }
}
