import type { serialization } from '@tensorflow/tfjs-core';

/**
 * Options as they are written into a model's file.
 *
 * @throws If one is or holds a function.
 */
export function savableOptions(className: string, options: object): serialization.ConfigDict {
  for (const [name, value] of Object.entries(options)) {
    const holds = typeof value === 'object' && holdsFunction(value);
    if (typeof value !== 'function' && !holds) continue;
    throw new Error(
      `${className}: option '${name}' ${holds ? 'holds' : 'is'} a function, expected a value that JSON can hold. ` +
        `Save the model without the optimizer, or ${holds ? 'leave the option out' : 'pass a number'}.`,
    );
  }
  return { ...options } as serialization.ConfigDict;
}

const holdsFunction = (value: unknown): boolean =>
  typeof value === 'function' ||
  (typeof value === 'object' && value !== null && Object.values(value).some(holdsFunction));
