import { Tensor } from '@tensorflow/tfjs-core';

/** What came, for an error message: `undefined`, `'10'`, `a list`, `a Map`, `a tensor [2,3]`. */
export function shown(value: unknown): string {
  if (typeof value === 'string') return `'${value}'`;
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  if (value instanceof Tensor) return `a tensor [${value.shape}]`;
  if (Array.isArray(value)) return 'a list';
  const name = isRecord(value) ? undefined : value.constructor?.name;
  return name ? `a ${name}` : 'an object';
}

/** Whether a value is a plain object: no list, Map, promise or instance of a class. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  // Object.prototype of any page or realm is the one prototype without a prototype.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Whether a value is a list of any kind, typed arrays included. */
export const isList = (value: unknown): value is Iterable<unknown> =>
  Array.isArray(value) || (ArrayBuffer.isView(value) && Symbol.iterator in value);

/** @throws Unless an option is a function. */
export function checkFunction(where: string, name: string, value: unknown, example: string): void {
  if (typeof value === 'function') return;
  throw new Error(`${where}: ${name} is ${shown(value)}, expected a function, such as ${example}.`);
}
