import { storePair } from './lanes';

/**
 * Rotates pairs of numbers (i, i + width/2) of each position by that position's angles.
 *
 *     y₁ = x₁ cos − x₂ sin          y₂ = x₂ cos + x₁ sin          −sin turns back
 *
 *     x, y [rows, time, width]          cos, sin [time, width / 2]
 */
export function rotary(
  x: usize,
  cos: usize,
  sin: usize,
  y: usize,
  rows: usize,
  time: usize,
  width: usize,
): void {
  const half = width * 2;
  for (; rows > 0; rows--) {
    for (let t: usize = 0; t < time; t++, x += half * 2, y += half * 2) {
      const c = cos + t * half;
      const d = sin + t * half;
      let i: usize = 0;
      for (; i + 32 <= half; i += 32) {
        const x1 = v128.load(x + i);
        const right1 = v128.load(x + i, 16);
        const x2 = v128.load(x + half + i);
        const right2 = v128.load(x + half + i, 16);
        const c4 = v128.load(c + i);
        const cRight = v128.load(c + i, 16);
        const s4 = v128.load(d + i);
        const sRight = v128.load(d + i, 16);
        const y1 = f32x4.sub(f32x4.mul(x1, c4), f32x4.mul(x2, s4));
        storePair(y + i, y1, f32x4.sub(f32x4.mul(right1, cRight), f32x4.mul(right2, sRight)));
        const y2 = f32x4.add(f32x4.mul(x2, c4), f32x4.mul(x1, s4));
        storePair(y + half + i, y2, f32x4.add(f32x4.mul(right2, cRight), f32x4.mul(right1, sRight)));
      }
      for (; i < half; i += 4) {
        const x1 = load<f32>(x + i);
        const x2 = load<f32>(x + half + i);
        const s1 = load<f32>(d + i);
        store<f32>(y + i, x1 * load<f32>(c + i) - x2 * s1);
        store<f32>(y + half + i, x2 * load<f32>(c + i) + x1 * s1);
      }
    }
  }
}
