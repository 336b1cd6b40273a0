import type { CheckpointStore } from './checkpoint.js';
import type { Checkpointing } from './options.js';

/**
 * The store of `train`'s option `checkpoint`: the one that was passed, or a directory of files. Node's modules are
 * loaded only for a directory, so that a page can bundle this.
 *
 *     const snapshot = await (await checkpointStore('runs/first')).load('latest');
 *
 * @param checkpoint A store, or the path or the options of a directory.
 * @throws Outside Node, if it is a directory.
 */
export async function checkpointStore(checkpoint: Checkpointing | string): Promise<CheckpointStore> {
  if (typeof checkpoint === 'object' && 'store' in checkpoint) return checkpoint.store;
  const { CheckpointDirectory } = await import('./node/checkpoint-directory.js');
  if (typeof checkpoint === 'string') return new CheckpointDirectory({ directory: checkpoint });
  const { every: _every, best: _best, ...directory } = checkpoint;
  return new CheckpointDirectory(directory);
}
