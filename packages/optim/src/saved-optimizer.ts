import { type Optimizer, serialization } from '@tensorflow/tfjs-core';

/** An optimizer inside the config of another one, as tf.layers writes down layers: its class by name, then its config. */
export const savedOptimizer = (optimizer: Optimizer): serialization.ConfigDict => ({
  className: optimizer.getClassName(),
  config: optimizer.getConfig(),
});

/** @throws If its class is not registered. */
export function loadedOptimizer(where: string, saved: serialization.ConfigDictValue): Optimizer {
  const { className, config } = saved as { className: string; config: serialization.ConfigDict };
  const registered = serialization.SerializationMap.getMap().classNameMap[className];
  if (!registered) {
    throw new Error(
      `${where}: the saved optimizer is around a '${className}', expected that class to be registered. ` +
        `Call tf.serialization.registerClass(${className}) before loading.`,
    );
  }
  const [cls, fromConfig] = registered;
  return fromConfig(cls, config) as unknown as Optimizer;
}
