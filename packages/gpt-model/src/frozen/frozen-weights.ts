import type { Tensor } from '@tensorflow/tfjs-core';
import type { FrozenWeight } from './frozen-weight.js';

/** The parameters of a model that are kept outside of tfjs's memory, by name. */
export class FrozenWeights {
  /** @param close Lets go of the files they are in. */
  constructor(
    readonly byName: ReadonlyMap<string, FrozenWeight>,
    private readonly close: () => Promise<void> = async () => {},
  ) {}

  /** Those of a part of the model, widened, by their names in it; what something else takes the place of is left out. */
  within(part: string, isReplaced: (name: string) => boolean): Record<string, Tensor> {
    const prefix = `${part}.`;
    const widened: Record<string, Tensor> = {};
    for (const [name, weight] of this.byName) {
      if (name.startsWith(prefix) && !isReplaced(name)) widened[name.slice(prefix.length)] = weight.widen();
    }
    return widened;
  }

  dispose(): void {
    void this.close();
  }
}
