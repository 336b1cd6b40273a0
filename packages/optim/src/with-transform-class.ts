import type { Optimizer, serialization } from '@tensorflow/tfjs-core';
import { savableOptions } from './savable-options.js';
import { loadedOptimizer, savedOptimizer } from './saved-optimizer.js';
import type { Transform } from './transform.js';
import { WithTransform } from './with-transform.js';

/** A class made by {@link withTransformClass}. */
export interface WithTransformClass<Options extends object> {
  new (optimizer: Optimizer, options?: Options): WithTransform;
  readonly className: string;
  fromConfig<T extends serialization.Serializable>(
    cls: serialization.SerializableConstructor<T>,
    config: serialization.ConfigDict,
  ): T;
}

/**
 * `withTransform` as a class that tf.layers can save and load, with the optimizer that it is around: one that can be saved
 * itself, such as `tf.train.adam` or `new AdamW()`.
 *
 *     class Clipped extends withTransformClass('Clipped', (options: { maxNorm?: number } = {}) => clipByGlobalNorm(options.maxNorm ?? 1)) {}
 *
 *     model.compile({ optimizer: new Clipped(new AdamW(), { maxNorm: 0.5 }), loss });
 *     await model.save(url, { includeOptimizer: true });
 *
 * Register it and the class of the optimizer inside before loading: `tf.serialization.registerClass(Clipped)`. Option names must be
 * camelCase, since tf.layers turns them into snake_case and back.
 *
 * @param className The name in saved models, so renaming one breaks old files.
 * @param transformOf Makes the transform; its options must be JSON to be saved.
 */
export function withTransformClass<Options extends object>(
  className: string,
  transformOf: (options?: Options) => Transform,
): WithTransformClass<Options> {
  return class extends WithTransform {
    static override get className(): string {
      return className;
    }

    static override fromConfig<T extends serialization.Serializable>(
      cls: serialization.SerializableConstructor<T>,
      { optimizer, options }: serialization.ConfigDict,
    ): T {
      const make = cls as unknown as new (optimizer: Optimizer, options: object) => T;
      return new make(loadedOptimizer(className, optimizer), options as object);
    }

    private readonly options: Options;

    constructor(optimizer: Optimizer, options: Options = {} as Options) {
      super(optimizer, transformOf(options));
      this.options = { ...options };
    }

    override getConfig(): serialization.ConfigDict {
      return { optimizer: savedOptimizer(this.optimizer), options: savableOptions(className, this.options) };
    }
  };
}
