import { isNode, load } from './node-modules.js';

/** TensorFlow's own library. Not dependencies: they download it when they are installed. */
const PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

/** tfjs-node 4.22 calls `util.isNullOrUndefined`, which Node 23 took away. */
const FIRST_NODE_WITHOUT = 23;

/** Why tfjs-node does not run on this Node, and what does; undefined: it does, once it is installed. */
export function whyNoTensorflow(version: string = process.versions.node): string | undefined {
  if (Number.parseInt(version, 10) < FIRST_NODE_WITHOUT) return undefined;
  return (
    `tfjs-node 4.22 does not run on Node ${version}: it calls util.isNullOrUndefined, which Node ${FIRST_NODE_WITHOUT} and later no ` +
    'longer have. For a GPU try the backend webgpu, which needs neither it nor CUDA, or take Node 22'
  );
}

/**
 * Loads tfjs-node-gpu or tfjs-node, which register the backend `tensorflow`.
 *
 * @throws If neither can be loaded, or Node is too new for both.
 */
export async function importTensorflow(): Promise<void> {
  if (!isNode()) throw new Error('a page cannot load TensorFlow’s own library. Take the wasm backend');
  const reason = whyNoTensorflow();
  if (reason) throw new Error(reason);
  const reasons: string[] = [];
  for (const name of PACKAGES) {
    try {
      await load(name);
      return;
    } catch (error) {
      reasons.push((error as Error).message.split('\n')[0]);
    }
  }
  throw new Error(
    `TensorFlow cannot be loaded (${reasons.join('; ')}). Try npm install ${PACKAGES[1]}, or the backend webgpu, for any GPU`,
  );
}
