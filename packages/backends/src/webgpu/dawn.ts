import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What npm's `webgpu` exports: WebGPU's classes, and Dawn. */
interface Dawn {
  readonly globals: object;
  create(options: readonly string[]): GPU;
}

/** Dawn lives as long as something holds it. */
let dawn: GPU | undefined;

/**
 * The entry to WebGPU: Node's own where there is one, else Dawn, of npm's `webgpu`, which becomes `navigator.gpu`, and its
 * classes globals, since that is where tfjs looks for them.
 *
 * @throws If the package is missing, or is not built for this system.
 */
export async function provideGpu(): Promise<GPU> {
  const before = globalThis.navigator?.gpu;
  if (before) return before;
  const { globals, create } = await importDawn();
  dawn ??= create([]);
  Object.assign(globalThis, globals);
  // Node 20 has no navigator, later ones have one that takes properties.
  if (!globalThis.navigator)
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  Object.defineProperty(globalThis.navigator, 'gpu', { value: dawn, configurable: true });
  return dawn;
}

/** Lets go of Dawn, which looks for adapters once: the next call of {@link provideGpu} looks anew. */
export function forgetGpu(): void {
  if (dawn && globalThis.navigator?.gpu === dawn) Object.defineProperty(globalThis.navigator, 'gpu', GONE);
  dawn = undefined;
}

const GONE = { value: undefined, configurable: true };

async function importDawn(): Promise<Dawn> {
  const name = 'webgpu';
  try {
    return await import(installedAt(name) ?? name);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const isMissing = code === 'ERR_MODULE_NOT_FOUND' && message.includes(`'${name}'`);
    throw new Error(
      isMissing
        ? 'the package webgpu is not installed. Try npm install webgpu'
        : `the package webgpu cannot be loaded on ${process.platform} ${process.arch} (${message.split('\n')[0]}). Try npm install webgpu@latest`,
    );
  }
}

/** In the project one works in, for a command that is installed elsewhere; undefined: look where this file is. */
function installedAt(name: string): string | undefined {
  try {
    return pathToFileURL(createRequire(join(process.cwd(), 'package.json')).resolve(name)).href;
  } catch {
    return undefined;
  }
}
