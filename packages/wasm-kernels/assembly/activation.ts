import { exp4 } from './exp';
import { madd, storePair } from './lanes';
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

/** y = x g(x), where g is the gate of the activation. One loop each: its constants stay in registers. */
export function activation(f: i32, x: usize, y: usize, count: usize): void {
  const pairs = x + (count & ~7) * 4;
  switch (f) {
    case GELU:
      for (; x < pairs; x += 32, y += 32) {
        const left = v128.load(x);
        const right = v128.load(x, 16);
        storePair(y, f32x4.mul(left, gaussian(left)), f32x4.mul(right, gaussian(right)));
      }
      break;
    case GELU_TANH:
      for (; x < pairs; x += 32, y += 32) {
        const left = v128.load(x);
        const right = v128.load(x, 16);
        storePair(y, f32x4.mul(left, tanhGate(left)), f32x4.mul(right, tanhGate(right)));
      }
      break;
    case SILU:
      for (; x < pairs; x += 32, y += 32) {
        const left = v128.load(x);
        const right = v128.load(x, 16);
        storePair(y, f32x4.mul(left, sigmoid4(left)), f32x4.mul(right, sigmoid4(right)));
      }
      break;
    default:
      unreachable();
  }
  count &= 7;
  if (count >= 4) {
    v128.store(y, f32x4.mul(v128.load(x), gate(f, v128.load(x))));
    x += 16;
    y += 16;
  }
  for (count &= 3; count > 0; count--, x += 4, y += 4) {
    store<f32>(y, load<f32>(x) * f32x4.extract_lane(gate(f, v128.load_splat<f32>(x)), 0));
  }
}

/** dx = dy d(x g(x))/dx. */
export function activationBackward(f: i32, x: usize, dy: usize, dx: usize, count: usize): void {
  const pairs = x + (count & ~7) * 4;
  switch (f) {
    case GELU:
      for (; x < pairs; x += 32, dy += 32, dx += 32) {
        const left = f32x4.mul(v128.load(dy), geluSlope(v128.load(x)));
        storePair(dx, left, f32x4.mul(v128.load(dy, 16), geluSlope(v128.load(x, 16))));
      }
      break;
    case GELU_TANH:
      for (; x < pairs; x += 32, dy += 32, dx += 32) {
        const left = f32x4.mul(v128.load(dy), geluTanhSlope(v128.load(x)));
        storePair(dx, left, f32x4.mul(v128.load(dy, 16), geluTanhSlope(v128.load(x, 16))));
      }
      break;
    case SILU:
      for (; x < pairs; x += 32, dy += 32, dx += 32) {
        const left = f32x4.mul(v128.load(dy), siluSlope(v128.load(x)));
        storePair(dx, left, f32x4.mul(v128.load(dy, 16), siluSlope(v128.load(x, 16))));
      }
      break;
    default:
      unreachable();
  }
  count &= 7;
  if (count >= 4) {
    v128.store(dx, f32x4.mul(v128.load(dy), slope(f, v128.load(x))));
    x += 16;
    dy += 16;
    dx += 16;
  }
  for (count &= 3; count > 0; count--, x += 4, dy += 4, dx += 4) {
    store<f32>(dx, load<f32>(dy) * f32x4.extract_lane(slope(f, v128.load_splat<f32>(x)), 0));
  }
}

/** Four numbers. */
function gate(f: i32, x: v128): v128 {
  return f === GELU ? gaussian(x) : f === GELU_TANH ? tanhGate(x) : sigmoid4(x);
}

function slope(f: i32, x: v128): v128 {
  return f === GELU ? geluSlope(x) : f === GELU_TANH ? geluTanhSlope(x) : siluSlope(x);
}

/**
 * Φ(x) = ½ (1 + erf(x / √2)).
 *
 * @inline
 */
function gaussian(x: v128): v128 {
  const half = f32x4.splat(0.5);
  return madd(erf4(f32x4.mul(x, f32x4.splat(SQRT_HALF))), half, half);
}

/**
 * σ(2 √(2/π) (x + 0.044715 x³)).
 *
 * @inline
 */
function tanhGate(x: v128): v128 {
  const cubic = madd(f32x4.mul(x, x), f32x4.splat(CUBIC), f32x4.splat(1));
  return sigmoid4(f32x4.mul(f32x4.mul(x, f32x4.splat(SLOPE)), cubic));
}

/**
 * Φ(x) + x φ(x).
 *
 * @inline
 */
function geluSlope(x: v128): v128 {
  const near = within16(x);
  const density = f32x4.mul(
    exp4(f32x4.mul(f32x4.mul(near, near), f32x4.splat(-0.5))),
    f32x4.splat(INV_SQRT_TAU),
  );
  return madd(near, density, gaussian(x));
}

/**
 * s + x s (1 − s) u′ with s = σ(u), u = 2 √(2/π) (x + 0.044715 x³).
 *
 * @inline
 */
function geluTanhSlope(x: v128): v128 {
  const s = tanhGate(x);
  const near = within16(x);
  const inner = madd(f32x4.mul(near, near), f32x4.splat(3 * CUBIC), f32x4.splat(1));
  const rise = f32x4.mul(f32x4.mul(s, f32x4.sub(f32x4.splat(1), s)), f32x4.mul(inner, f32x4.splat(SLOPE)));
  return madd(rise, near, s);
}

/**
 * x, or ±16 beyond: there what a power of x is multiplied by is 0, and the power itself may overflow.
 *
 * @inline
 */
function within16(x: v128): v128 {
  return f32x4.pmin(f32x4.pmax(x, f32x4.splat(-16)), f32x4.splat(16));
}

/**
 * s + x s (1 − s) with s = σ(x).
 *
 * @inline
 */
function siluSlope(x: v128): v128 {
  const s = sigmoid4(x);
  return madd(f32x4.mul(s, f32x4.sub(f32x4.splat(1), s)), x, s);
}
