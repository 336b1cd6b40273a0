import * as tf from '@tensorflow/tfjs';
import { edited } from '../edits.js';
import { type AnyTarget, bytesOf, target, textOf } from '../target.js';

/** A reader with a fault, which shows once its file is not `{"a":1}` any more. */
const planted = (fault: (text: string) => unknown): AnyTarget =>
  target<unknown>({
    inputs: edited([{ 'a.json': bytesOf('{"a":1}') }]),
    refusal: /^planted: /,
    read(files) {
      const text = textOf(files['a.json']);
      return text === '{"a":1}' ? undefined : fault(text);
    },
    use() {},
  });

/** What the fuzzer must find, or it is no use. */
export const faults: Readonly<Record<string, () => Promise<AnyTarget>>> = {
  'planted-raw-error': async () => planted((text) => (text as never as { a: { b: number } }).a.b),
  'planted-foreign-error': async () =>
    planted(() => {
      throw new Error('Tensor must have a shape');
    }),
  'planted-leak': async () => planted(() => tf.scalar(1)),
  'planted-memory': async () => planted(() => Buffer.alloc(2 ** 29, 1).at(-1)),
  'planted-loop': async () =>
    planted((text) => {
      while (text.length >= 0) Math.sqrt(2);
    }),
  'planted-end': async () => planted(() => process.exit(3)),
};
