import type { serialization } from '@tensorflow/tfjs-core';
import { TransformOptimizer } from './optimizer.js';
import { savableOptions } from './savable-options.js';
import type { Constraint, Transform } from './transform.js';

/** A `tf.Optimizer` class made from a recipe. */
export interface OptimizerClass<O extends object> {
  new (options?: O, constraints?: Constraint | readonly Constraint[]): TransformOptimizer;
  readonly className: string;
  fromConfig<T extends serialization.Serializable>(
    cls: serialization.SerializableConstructor<T>,
    config: serialization.ConfigDict,
  ): T;
}

/**
 * Turns a recipe (options in, transform out) into a `tf.Optimizer` class that tf.layers can save and load.
 *
 *     class AdamW extends optimizerClass('AdamW', adamW) {}
 *     model.compile({ optimizer: new AdamW({ learningRate: 1e-3 }), loss });
 *     await model.save(url, { includeOptimizer: true });
 *
 * A recipe of several transforms has `partition` inside, and their options as options of its own:
 *
 *     interface Options { sgd?: SgdOptions; adamW?: AdamWOptions }
 *     const recipe = (options: Options = {}) =>
 *       partition({ sgd: sgd(options.sgd), adamW: adamW(options.adamW) }, (param) => (isMatrix(param) ? 'sgd' : 'adamW'));
 *     class SgdWithAdamW extends optimizerClass('SgdWithAdamW', recipe) {}
 *
 * Nothing is registered on import: call `tf.serialization.registerClass(AdamW)` before loading such a
 * model. Option names must be camelCase, since tf.layers turns them into snake_case and back.
 *
 * @param className The name in saved models, so renaming one breaks old files.
 * @param recipe Makes the transform; its options must be JSON to be saved.
 */
export function optimizerClass<O extends object>(
  className: string,
  recipe: (options?: O) => Transform,
): OptimizerClass<O> {
  return class extends TransformOptimizer {
    static override get className(): string {
      return className;
    }

    static override fromConfig<T extends serialization.Serializable>(
      cls: serialization.SerializableConstructor<T>,
      config: serialization.ConfigDict,
    ): T {
      const { customObjects: _, learningRateScale = 1, ...options } = config; // tf.layers adds its own table
      return Object.assign(new cls(options), { learningRateScale });
    }

    private readonly options: O;

    constructor(options: O = {} as O, constraints?: Constraint | readonly Constraint[]) {
      super(recipe(options), constraints);
      this.options = { ...options };
    }

    override getConfig(): serialization.ConfigDict {
      const { learningRateScale } = this;
      const options = savableOptions(className, this.options);
      return learningRateScale === 1 ? options : { ...options, learningRateScale };
    }
  };
}
