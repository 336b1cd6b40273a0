import * as tf from '@tensorflow/tfjs';
import type { AnyTarget, Files } from './target.js';

/** How much the peak of the process's memory may rise by one input, in kB. All of them are smaller than 1 MB. */
const MOST_KILOBYTES = 256 * 1024;

/** Is seen once: a process's peak only rises. */
export class TooMuchMemory extends Error {}

/**
 * Holds the property against one input: read whole and right, or refused by an error of ours; no tensor left behind, and memory
 * in proportion.
 *
 * @returns Whether it was accepted.
 * @throws If it does not hold.
 */
export async function checkInput(target: AnyTarget, files: Files): Promise<boolean> {
  const tensors = tf.memory().numTensors;
  const peak = process.resourceUsage().maxRSS;
  const accepted = await accepts(target, files);
  const left = tf.memory().numTensors - tensors;
  if (left !== 0) throw new Error(`checkInput: ${left} tensors were left behind, expected none.`);
  const risen = process.resourceUsage().maxRSS - peak;
  if (risen > MOST_KILOBYTES) {
    throw new TooMuchMemory(`checkInput: one input took ${risen} kB, expected at most ${MOST_KILOBYTES} kB.`);
  }
  return accepted;
}

async function accepts(target: AnyTarget, files: Files): Promise<boolean> {
  let value: unknown;
  try {
    value = await target.read(files);
  } catch (error) {
    checkRefusal(target.refusal, error);
    return false;
  }
  await target.use(value);
  return true;
}

/** What the engine says when nobody has looked before, and what must not come out of a function of ours as it is. */
const RAW = ['TypeError', 'RangeError', 'SyntaxError', 'ReferenceError', 'EvalError', 'URIError'];

/** @throws If an error is none of ours: one that says which function was given what. */
function checkRefusal(refusal: RegExp, error: unknown): void {
  const { name, message } = error as Error;
  const isOurs = error instanceof Error && !RAW.includes(name) && refusal.test(message);
  if (isOurs) return;
  const [where] = String((error as Error).stack)
    .split('\n')
    .filter((line) => line.trim().startsWith('at '));
  throw new Error(`checkRefusal: refused by '${name}: ${message}' ${where?.trim()}, expected ${refusal}.`, {
    cause: error,
  });
}

/** Calls what may refuse. @returns Its value, or nothing if it refused. @throws If the error is none of ours. */
export async function unlessRefused<T>(refusal: RegExp, call: () => T | Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    checkRefusal(refusal, error);
    return undefined;
  }
}
