import { exp4 } from './exp';
import { storePair } from './lanes';
import { log1p4, log4 } from './log';
import { erf4, expm14, softplus4, tanh4 } from './special';

/** Functions by number, as src/kernels/unary.ts names them. */
const EXP = 0;
const EXPM1 = 1;
const LOG = 2;
const LOG1P = 3;
const TANH = 4;
const ERF = 5;
const SOFTPLUS = 6;
const RSQRT = 7;

/** y = f(x) for `count` numbers. One loop per function: its constants stay in registers. */
export function unary(f: i32, x: usize, y: usize, count: usize): void {
  const pairs = x + (count & ~7) * 4;
  switch (f) {
    case EXP:
      for (; x < pairs; x += 32, y += 32) storePair(y, exp4(v128.load(x)), exp4(v128.load(x, 16)));
      break;
    case EXPM1:
      for (; x < pairs; x += 32, y += 32) storePair(y, expm14(v128.load(x)), expm14(v128.load(x, 16)));
      break;
    case LOG:
      for (; x < pairs; x += 32, y += 32) storePair(y, log4(v128.load(x)), log4(v128.load(x, 16)));
      break;
    case LOG1P:
      for (; x < pairs; x += 32, y += 32) storePair(y, log1p4(v128.load(x)), log1p4(v128.load(x, 16)));
      break;
    case TANH:
      for (; x < pairs; x += 32, y += 32) storePair(y, tanh4(v128.load(x)), tanh4(v128.load(x, 16)));
      break;
    case ERF:
      for (; x < pairs; x += 32, y += 32) storePair(y, erf4(v128.load(x)), erf4(v128.load(x, 16)));
      break;
    case SOFTPLUS:
      for (; x < pairs; x += 32, y += 32) storePair(y, softplus4(v128.load(x)), softplus4(v128.load(x, 16)));
      break;
    case RSQRT:
      for (; x < pairs; x += 32, y += 32) storePair(y, rsqrt4(v128.load(x)), rsqrt4(v128.load(x, 16)));
      break;
    default:
      unreachable();
  }
  count &= 7;
  if (count >= 4) {
    v128.store(y, evaluate(f, v128.load(x)));
    x += 16;
    y += 16;
  }
  for (count &= 3; count > 0; count--, x += 4, y += 4) {
    store<f32>(y, f32x4.extract_lane(evaluate(f, v128.load_splat<f32>(x)), 0));
  }
}

/** Four numbers. */
function evaluate(f: i32, x: v128): v128 {
  switch (f) {
    case EXP:
      return exp4(x);
    case EXPM1:
      return expm14(x);
    case LOG:
      return log4(x);
    case LOG1P:
      return log1p4(x);
    case TANH:
      return tanh4(x);
    case ERF:
      return erf4(x);
    case SOFTPLUS:
      return softplus4(x);
    case RSQRT:
      return rsqrt4(x);
    default:
      return unreachable();
  }
}

/**
 * 1 / √x.
 *
 * @inline
 */
function rsqrt4(x: v128): v128 {
  return f32x4.div(f32x4.splat(1), f32x4.sqrt(x));
}

/** y = xⁿ for a whole n ≥ 0, by repeated squaring. */
export function powWhole(x: usize, y: usize, count: usize, exponent: i32): void {
  for (; count >= 4; count -= 4, x += 16, y += 16) v128.store(y, power(v128.load(x), exponent));
  for (; count > 0; count--, x += 4, y += 4) {
    store<f32>(y, f32x4.extract_lane(power(v128.load_splat<f32>(x), exponent), 0));
  }
}

function power(x: v128, exponent: i32): v128 {
  let result = f32x4.splat(1);
  for (; exponent > 0; exponent >>= 1) {
    if (exponent & 1) result = f32x4.mul(result, x);
    x = f32x4.mul(x, x);
  }
  return result;
}
