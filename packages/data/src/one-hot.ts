/**
 * One block of `depth` zeros with a single 1 per number, one after the other.
 *
 * Written here because `tf.oneHot` with dtype float32 puts the bits of the integer 1 (1.4e-45) on the
 * wasm backend of tfjs 4.22.
 */
export function oneHot(numbers: Int32Array, depth: number): Float32Array {
  const blocks = new Float32Array(numbers.length * depth);
  numbers.forEach((x, i) => {
    blocks[i * depth + x] = 1;
  });
  return blocks;
}
