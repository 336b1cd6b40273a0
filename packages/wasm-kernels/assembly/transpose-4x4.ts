/** Writes the 4×4 block at `source` (rows `stride` bytes apart) transposed, rows `step` bytes apart. */
export function transpose4x4(source: usize, stride: usize, target: usize, step: usize): void {
  const r0 = v128.load(source);
  const r1 = v128.load((source += stride));
  const r2 = v128.load((source += stride));
  const r3 = v128.load(source + stride);
  const lo01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
  const hi01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
  const lo23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
  const hi23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
  v128.store(target, v128.shuffle<f64>(lo01, lo23, 0, 2));
  v128.store((target += step), v128.shuffle<f64>(lo01, lo23, 1, 3));
  v128.store((target += step), v128.shuffle<f64>(hi01, hi23, 0, 2));
  v128.store(target + step, v128.shuffle<f64>(hi01, hi23, 1, 3));
}
