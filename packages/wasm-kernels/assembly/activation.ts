import { exp4 } from './exp';
import { madd } from './lanes';
import { erf4, sigmoid4 } from './special';

/** Activations by number, as src/kernels/activation.ts names them. */
const GELU = 0;
const GELU_TANH = 1;
const SILU = 2;

const SQRT_HALF: f32 = 0.707106781;
const INV_SQRT_TAU: f32 = 0.39894228;
/** 2 √(2/π), since ½ (1 + tanh u) = σ(2u). */
const SLOPE: f32 = 1.59576912;
const CUBIC: f32 = 0.044715;

/** y = f(x), or dx = dy f'(x) if `dy` is not 0. */
export function activation(f: i32, x: usize, dy: usize, y: usize, count: usize): void {
  const end = x + (count & ~3) * 4;
  for (; x < end; x += 16, y += 16) {
    if (dy === 0) {
      v128.store(y, forward(f, v128.load(x)));
    } else {
      v128.store(y, f32x4.mul(v128.load(dy), derivative(f, v128.load(x))));
      dy += 16;
    }
  }
  for (count &= 3; count > 0; count--, x += 4, y += 4) {
    const x4 = v128.load_splat<f32>(x);
    if (dy === 0) {
      store<f32>(y, f32x4.extract_lane(forward(f, x4), 0));
    } else {
      store<f32>(y, load<f32>(dy) * f32x4.extract_lane(derivative(f, x4), 0));
      dy += 4;
    }
  }
}

/** Φ(x) = ½ (1 + erf(x / √2)). */
function gaussian(x: v128): v128 {
  const half = f32x4.splat(0.5);
  return madd(erf4(f32x4.mul(x, f32x4.splat(SQRT_HALF))), half, half);
}

/** σ(2 √(2/π) (x + 0.044715 x³)). */
function tanhGate(x: v128): v128 {
  const cubic = madd(f32x4.mul(x, x), f32x4.splat(CUBIC), f32x4.splat(1));
  return sigmoid4(f32x4.mul(f32x4.mul(x, f32x4.splat(SLOPE)), cubic));
}

function forward(f: i32, x: v128): v128 {
  switch (f) {
    case GELU:
      return f32x4.mul(x, gaussian(x));
    case GELU_TANH:
      return f32x4.mul(x, tanhGate(x));
    case SILU:
      return f32x4.mul(x, sigmoid4(x));
    default:
      return unreachable();
  }
}

function derivative(f: i32, x: v128): v128 {
  const one = f32x4.splat(1);
  if (f === GELU) {
    const density = f32x4.mul(exp4(f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5))), f32x4.splat(INV_SQRT_TAU));
    return madd(x, density, gaussian(x));
  }
  const gate = f === GELU_TANH ? tanhGate(x) : sigmoid4(x);
  const inner = madd(f32x4.mul(x, x), f32x4.splat(3 * CUBIC), one);
  const slope = f === GELU_TANH ? f32x4.mul(inner, f32x4.splat(SLOPE)) : one;
  return madd(f32x4.mul(f32x4.mul(gate, f32x4.sub(one, gate)), slope), x, gate);
}
