import { clone, dispose, engine, keep, scalar, type Tensor, util } from '@tensorflow/tfjs-core';
import { flatten, mapState, type NamedTensor, paramOf, tensorsIn, unflatten } from './state.js';
import type { ByName, State, Step, Transform } from './transform.js';

/** Owns the tensors that a transform remembers from step to step. */
export class Memory {
  private state: State = {};
  private restored = false;

  constructor(
    private readonly transform: Transform,
    private readonly owner: string,
  ) {}

  /**
   * Runs the transform. Call it inside `tf.tidy`; nothing is remembered before `commit`.
   *
   * @throws If the transform breaks its promises, or if restored state and parameters do not match.
   */
  update(updates: ByName, step: Step): { updates: ByName; commit: () => void } {
    const state = this.restored ? this.matchNames(Object.keys(updates)) : this.state;
    const { id: newest } = scalar(0); // tensors made from here on have larger ids
    const out = this.transform.update(updates, state, step);
    this.checkUpdates(updates, out.updates);
    if (this.restored) this.checkRestored(state, out.state);

    const commit = () => {
      const stale = new Set(tensorsIn(this.state));
      this.state = mapState(out.state, (tensor) => {
        if (stale.delete(tensor)) return tensor;
        // What the transform made is kept as it is: tfjs's wasm backend copies on cloning. It may also remember
        // what is not its own, such as a gradient, or one tensor twice.
        const isOwn = tensor.id > newest && !tensor.kept;
        return keep(isOwn ? tensor : clone(tensor));
      });
      this.restored = false;
      dispose([...stale]);
    };
    return { updates: out.updates, commit };
  }

  /** The remembered tensors under their checkpoint names. They stay owned by this memory. */
  save(): NamedTensor[] {
    return flatten(this.state);
  }

  /** Takes copies of saved tensors in place of what was remembered. */
  restore(saved: readonly NamedTensor[]): void {
    const state = mapState(unflatten(saved), (tensor) => keep(clone(tensor)));
    this.dispose();
    this.state = state;
    this.restored = saved.length > 0;
  }

  dispose(): void {
    dispose(tensorsIn(this.state));
    this.state = {};
  }

  /** tf.layers adds `_1` to a weight's name while the model it was loaded from is alive: `kernel_1`. */
  private matchNames(names: readonly string[]): State {
    const saved = new Set(flatten(this.state).map(({ name }) => paramOf(name)));
    const newName = new Map<string, string>();
    for (const name of names) {
      const original = name.replace(/_\d+$/, '');
      if (saved.has(name) || !saved.has(original)) continue;
      if (!names.includes(original)) newName.set(original, name);
    }
    return mapState(
      this.state,
      (tensor) => tensor,
      (key) => newName.get(key) ?? key,
    );
  }

  /**
   * Compares what was restored with what the first step used. State that belongs to nothing, or a
   * parameter that has lost its state, is an error: without it training would go on, slightly wrong.
   */
  private checkRestored(restored: State, next: State): void {
    const before = new Set(flatten(restored).map(({ name }) => name));
    const after = new Set(flatten(next).map(({ name }) => name));
    for (const name of before) {
      if (after.has(name) && engine().registeredVariables[paramOf(name)]) continue;
      throw new Error(
        `${this.owner}: the restored state '${name}' matches no parameter and transform of this optimizer. ` +
          `Build the same model and the same chain as the one that was saved, then call setWeights() again.`,
      );
    }
    for (const name of after) {
      if (before.has(name)) continue;
      throw new Error(
        `${this.owner}: parameter '${paramOf(name)}' has no restored state ('${name}' is missing). ` +
          `Load the checkpoint of this model, or start a new optimizer to train without its memory.`,
      );
    }
  }

  private checkUpdates(given: ByName, returned: ByName): void {
    for (const [name, update] of Object.entries(given)) {
      const shape = (returned[name] as Tensor | undefined)?.shape;
      if (shape && util.arraysEqual(shape, update.shape)) continue;
      throw new Error(
        `${this.owner}: transform '${this.transform.name}' returned ${shape ? `shape [${shape}]` : 'no update'} ` +
          `for parameter '${name}', expected shape [${update.shape}]. A transform keeps names and shapes.`,
      );
    }
  }
}
