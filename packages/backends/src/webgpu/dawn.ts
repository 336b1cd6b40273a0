import { isNode, load } from '../node-modules.js';

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
  if (!isNode()) throw new Error('this page has no WebGPU. Try a newer browser, or take the wasm backend');
  const name = 'webgpu';
  try {
    return await load<Dawn>((await installedAt(name)) ?? name);
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
async function installedAt(name: string): Promise<string | undefined> {
  const { createRequire } = await load<typeof import('node:module')>('node:module');
  const { join } = await load<typeof import('node:path')>('node:path');
  const { pathToFileURL } = await load<typeof import('node:url')>('node:url');
  try {
    return pathToFileURL(createRequire(join(process.cwd(), 'package.json')).resolve(name)).href;
  } catch {
    return undefined;
  }
}
