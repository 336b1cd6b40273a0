import { clone, dispose, engine, keep, scalar, type Tensor, util } from '@tensorflow/tfjs-core';
import { checkRestored } from './check-restored.js';
import { currentNames } from './current-names.js';
import { flatten, mapState, type NamedTensor, paramOf, renameParams, tensorsIn, unflatten } from './state.js';
import type { ByName, State, Step, Transform } from './transform.js';

/**
 * The entry of a checkpoint that says how many tensors the memory has. It tells a parameter that had no state when the
 * checkpoint was written, and starts like any other, from one whose state was lost on the way.
 */
const ENTRIES = 'entries';

/** Owns the tensors that a transform remembers from step to step. */
export class Memory {
  private state: State = {};
  private entries?: { readonly count: number; readonly tensor: Tensor };
  /** Until the first step after a restore has found that state and parameters belong together. */
  private restored?: { isWhole: boolean };

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
    if (this.restored) checkRestored(this.owner, state, out.state, this.restored);

    const commit = () => {
      const stale = new Set(tensorsIn(this.state));
      this.state = mapState(out.state, (tensor) => {
        if (stale.delete(tensor)) return tensor;
        // What the transform made is kept as it is: tfjs's wasm backend copies on cloning. It may also remember
        // what is not its own, such as a gradient, or one tensor twice.
        const isOwn = tensor.id > newest && !tensor.kept;
        return keep(isOwn ? tensor : clone(tensor));
      });
      this.setEntries(tensorsIn(this.state).length);
      this.restored = undefined;
      dispose([...stale]);
    };
    return { updates: out.updates, commit };
  }

  /**
   * The remembered tensors under their checkpoint names, and how many there are. They stay owned by this memory.
   */
  save(): NamedTensor[] {
    const state = flatten(this.state);
    return this.entries ? [...state, { name: ENTRIES, tensor: this.entries.tensor }] : state;
  }

  /** What every parameter remembers under `slot`, by the parameter's name. The tensors stay this memory's. */
  slot(slot: string): Map<string, Tensor> {
    const found = flatten(this.state).filter(({ name }) => name.endsWith(`|${slot}`));
    return new Map(found.map(({ name, tensor }) => [paramOf(name), tensor]));
  }

  /** Takes copies of saved tensors in place of what was remembered. */
  restore(saved: readonly NamedTensor[]): void {
    const tensors = saved.filter(({ name }) => name !== ENTRIES);
    const state = mapState(unflatten(tensors), (tensor) => keep(clone(tensor)));
    this.dispose();
    this.state = state;
    const entries = saved.find(({ name }) => name === ENTRIES)?.tensor.dataSync()[0];
    if (entries !== undefined) this.setEntries(entries);
    if (tensors.length > 0) this.restored = { isWhole: entries === tensors.length };
  }

  dispose(): void {
    dispose(tensorsIn(this.state));
    this.entries?.tensor.dispose();
    this.entries = undefined;
    this.restored = undefined;
    this.state = {};
  }

  private setEntries(count: number): void {
    if (this.entries?.count === count) return;
    this.entries?.tensor.dispose();
    this.entries = count > 0 ? { count, tensor: keep(scalar(count, 'int32')) } : undefined;
  }

  /** The restored state under the names that the parameters have in this process. */
  private matchNames(names: readonly string[]): State {
    const saved = new Set(flatten(this.state).map(({ name }) => paramOf(name)));
    const newNames = currentNames(this.owner, saved, names, Object.keys(engine().registeredVariables));
    return renameParams(this.state, newNames);
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
