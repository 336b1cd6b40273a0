import { checkOptions } from '@evenkeel/ops';
import {
  add,
  clone,
  dispose,
  engine,
  keep,
  mul,
  type Optimizer,
  type serialization,
  type Tensor,
  tidy,
  type Variable,
} from '@tensorflow/tfjs-core';
import { checkNumber } from './check-number.js';
import { heldTensor } from './held.js';
import { loadedOptimizer, savedOptimizer } from './saved-optimizer.js';
import type { State, Transform } from './transform.js';
import { WithTransform } from './with-transform.js';

export interface AverageOptions {
  /** How much of the average survives a step, in [0, 1). Default 0.999. */
  decay?: number;
}

/**
 * Keeps an exponential average of the weights beside any optimizer, to evaluate and to save: it is often the better model.
 *
 *     a₀ = w₀,   a ← d a + (1 − d) w         after each step of the parameter
 *
 *     const optimizer = withAverage(new AdamW({ learningRate: 1e-3 }), { decay: 0.999 });
 *     …
 *     await optimizer.averaged(() => evaluate(model)); // or model.save(…)
 *
 * The averages are saved and restored with the memory of the optimizer, also by tf.layers' `model.save(url, { includeOptimizer:
 * true })`, if that can save the optimizer itself; call `tf.serialization.registerClass(WithAverage)` before loading. w₀ is what a parameter was before its first step.
 *
 * @throws If an option is unknown or out of range.
 * @see Polyak and Juditsky, "Acceleration of stochastic approximation by averaging", 1992.
 */
export function withAverage<O extends Optimizer>(optimizer: O, options: AverageOptions = {}): WithAverage<O> {
  return new WithAverage(optimizer, options);
}

/** What {@link withAverage} returns: a `tf.Optimizer` around another one. */
export class WithAverage<O extends Optimizer = Optimizer> extends WithTransform<O> {
  static override get className(): string {
    return 'WithAverage';
  }

  static override fromConfig<T extends serialization.Serializable>(
    cls: serialization.SerializableConstructor<T>,
    { optimizer, decay }: serialization.ConfigDict,
  ): T {
    const make = cls as unknown as new (optimizer: Optimizer, options: object) => T;
    return new make(loadedOptimizer('withAverage', optimizer), { decay });
  }

  private readonly decay: number;

  constructor(optimizer: O, options: AverageOptions = {}) {
    checkOptions('withAverage', options, OPTIONS);
    const { decay = 0.999 } = options;
    checkNumber('withAverage', 'decay', decay, { atLeast: 0, below: 1, typical: 0.999 });
    super(optimizer, averageSoFar(decay));
    this.decay = decay;
  }

  override getConfig(): serialization.ConfigDict {
    return { optimizer: savedOptimizer(this.optimizer), decay: this.decay };
  }

  /**
   * Runs `work` while the variables hold their averages, and puts the weights back, also when it throws. Take no step in it.
   *
   * @throws If a parameter of the average is not alive, as after `setWeights()` into a model that was built again: take a
   *     step first.
   */
  async averaged<T>(work: () => T | Promise<T>): Promise<T> {
    const pairs = [...this.memory.slot(SLOT)].map(([name, average]): [Variable, Tensor] => {
      const param = engine().registeredVariables[name];
      if (param) return [param, average];
      throw new Error(
        `withAverage: the average of '${name}' belongs to no live variable, expected one. Take a step first, or build ` +
          `the model that was saved.`,
      );
    });
    const weights = pairs.map(([param]) => keep(clone(param as Tensor)));
    try {
      // The memory is as of before the last step: what that led to joins now.
      for (const [param, average] of pairs) tidy(() => param.assign(mixed(average, param, this.decay)));
      return await work();
    } finally {
      for (const [i, [param]] of pairs.entries()) if (!param.isDisposed) param.assign(weights[i]);
      dispose(weights);
    }
  }
}

const SLOT = 'average';

/** d a + (1 − d) w */
const mixed = (average: Tensor, w: Tensor, decay: number): Tensor =>
  add(mul(average, decay), mul(w, 1 - decay));

/** The average of what each parameter was before this step: whatever constraints made of it then. */
function averageSoFar(decay: number): Transform {
  return {
    name: 'average',
    stepsMade: () => 0,
    update(updates, state, { params }) {
      const nextState: Record<string, Tensor | State> = { ...state }; // keeps absent parameters
      for (const name of Object.keys(updates)) {
        const held = heldTensor('withAverage', params[name], state[name] as State | undefined, SLOT);
        nextState[name] = {
          [SLOT]: held ? tidy(() => mixed(held, params[name], decay)) : clone(params[name] as Tensor),
        };
      }
      return { updates, state: nextState };
    },
  };
}

const OPTIONS: Record<keyof AverageOptions, true> = { decay: true };
