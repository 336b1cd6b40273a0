import { pick, storePair } from './lanes';
import { expm14, sigmoid4 } from './special';

/** Activations by number, in the order of tfjs's own wasm kernels. */
export const LINEAR = 0;
export const RELU = 1;
export const RELU6 = 2;
export const PRELU = 3;
export const LEAKY_RELU = 4;
export const SIGMOID = 5;
export const ELU = 6;

/**
 * Adds a bias to each row of a matrix and applies an activation: y = act(y + bias), in place.
 *
 * @param bias `n` numbers, or 0 for none.
 * @param alpha Slope of `leakyrelu` left of 0.
 * @param slopes The slopes of `prelu`, `slopeCount` (1 or `n`) of them.
 */
export function finishRows(
  y: usize,
  m: usize,
  n: usize,
  bias: usize,
  activation: i32,
  alpha: f32,
  slopes: usize,
  slopeCount: usize,
): void {
  if (bias === 0 && activation === LINEAR) return;
  const slopeStep: usize = slopeCount === 1 ? 0 : 4;
  for (; m > 0; m--) {
    let j: usize = 0;
    if (activation === LINEAR) {
      for (; j + 8 <= n; j += 8, y += 32) {
        const b = bias + j * 4;
        storePair(y, f32x4.add(v128.load(y), v128.load(b)), f32x4.add(v128.load(y, 16), v128.load(b, 16)));
      }
    }
    for (; j + 4 <= n; j += 4, y += 16) {
      let x = v128.load(y);
      if (bias !== 0) x = f32x4.add(x, v128.load(bias + j * 4));
      let slope = f32x4.splat(alpha);
      if (activation === PRELU) {
        slope = slopeStep === 0 ? v128.load_splat<f32>(slopes) : v128.load(slopes + j * 4);
      }
      v128.store(y, activate(x, activation, slope));
    }
    for (; j < n; j++, y += 4) {
      let x = load<f32>(y);
      if (bias !== 0) x += load<f32>(bias + j * 4);
      const slope = activation === PRELU ? load<f32>(slopes + j * slopeStep) : alpha;
      store<f32>(y, f32x4.extract_lane(activate(f32x4.splat(x), activation, f32x4.splat(slope)), 0));
    }
  }
}

function activate(x: v128, activation: i32, slope: v128): v128 {
  const zero = f32x4.splat(0);
  switch (activation) {
    case RELU:
      return f32x4.max(x, zero);
    case RELU6:
      return f32x4.min(f32x4.max(x, zero), f32x4.splat(6));
    case PRELU:
    case LEAKY_RELU:
      return pick(f32x4.lt(x, zero), f32x4.mul(x, slope), x);
    case SIGMOID:
      return sigmoid4(x);
    case ELU:
      return pick(f32x4.lt(x, zero), expm14(x), x);
    default:
      return x;
  }
}
