import { checkOptions } from '@evenkeel/ops';
import { FLOAT_FORMATS, type FloatFormat, type FormatLimits } from '@evenkeel/safetensors';
import {
  abs,
  add,
  cast,
  clipByValue,
  customGrad,
  equal,
  floor,
  gather,
  greater,
  greaterEqual,
  less,
  lessEqual,
  log,
  mul,
  round,
  sign,
  sub,
  type Tensor,
  tensor1d,
  tidy,
  where,
  zerosLike,
} from '@tensorflow/tfjs-core';

export interface RoundToFormatOptions {
  /**
   * Turn what is too large, infinities included, into the largest finite number. Default false: it becomes NaN
   * in e4m3 and an infinity in the others, as in PyTorch and ml_dtypes.
   */
  saturate?: boolean;
  /**
   * What the gradient passes. `'straightThrough'` (default): all, as if nothing had been rounded, but none where a
   * value saturated. `'zero'`: nothing, the derivative of a step function.
   */
  gradient?: 'straightThrough' | 'zero';
}

/**
 * Rounds each value to the nearest one that a smaller float format can hold; ties go to the even mantissa.
 *
 *     y = round(x / 2^(e−m)) · 2^(e−m)          e = max(⌊log₂|x|⌋, smallest exponent), m mantissa bits
 *
 * The result is float32 that a cast to the format and back would return, so networks can be tried in low precision on
 * any backend. e4m3 is the variant without infinities (e4m3fn): largest number 448. Powers of two come from a table, so
 * every step but the rounding is exact; subnormals of the format are kept. NaN stays NaN, −0 stays −0. GPU backends
 * flush float32's own subnormals to zero, which touches bf16 below 1.2e-38 only, and need float32 textures.
 *
 * @param x Any shape, float32.
 * @returns The shape of `x`.
 * @throws If the format is unknown, or the dtype is not float32.
 * @see Micikevicius et al., "FP8 Formats for Deep Learning", 2022, table 1. https://arxiv.org/abs/2209.05433
 */
export function roundToFormat(x: Tensor, format: FloatFormat, options: RoundToFormatOptions = {}): Tensor {
  checkOptions('roundToFormat', options, OPTIONS);
  const { saturate = false, gradient = 'straightThrough' } = options;
  const limits = formatLimits('roundToFormat', format);
  if (x.dtype !== 'float32') {
    throw new Error(`roundToFormat: a tensor of dtype ${x.dtype}, expected float32. Cast it first.`);
  }
  const op = customGrad((x, save) => {
    (save as (tensors: Tensor[]) => void)([x as Tensor]);
    return {
      value: tidy(() => rounded(x as Tensor, limits, saturate)),
      gradFunc: (dy: Tensor, [x]: Tensor[]) => {
        if (gradient === 'zero') return zerosLike(x);
        return saturate ? tidy(() => where(lessEqual(abs(x), limits.max), dy, zerosLike(dy))) : dy.clone();
      },
    };
  });
  return op(x);
}

const OPTIONS: Record<keyof RoundToFormatOptions, true> = { saturate: true, gradient: true };

/** @throws If there is no such format. */
export function formatLimits(caller: string, format: FloatFormat): FormatLimits {
  if (Object.hasOwn(FLOAT_FORMATS, format)) return FLOAT_FORMATS[format];
  throw new Error(
    `${caller}: format is '${format}', expected one of ${Object.keys(FLOAT_FORMATS).join(', ')}. Pass one of these.`,
  );
}

const LARGEST_EXPONENT = 127;
const LARGEST_FLOAT32 = (2 - 2 ** -23) * 2 ** LARGEST_EXPONENT;

function rounded(x: Tensor, limits: FormatLimits, saturate: boolean): Tensor {
  const { mantissaBits, minExponent, max, overflow } = limits;
  const size = abs(x);
  const isNumber = lessEqual(size, LARGEST_FLOAT32);
  const finite = clipByValue(where(isNumber, size, 1), 2 ** minExponent, LARGEST_FLOAT32);

  // log₂ may be off by one next to a power of two; comparing with the power itself corrects that.
  const exponents = Array.from({ length: LARGEST_EXPONENT - minExponent + 1 }, (_, i) => minExponent + i);
  const powers = tensor1d(exponents.map((e) => 2 ** e));
  const lookUp = (table: Tensor, index: Tensor) => gather(table, cast(index, 'int32'));
  const guess = clipByValue(sub(floor(mul(log(finite), Math.LOG2E)), minExponent), 0, exponents.length - 1);
  const near = lookUp(powers, guess);
  const tooLow = cast(greaterEqual(finite, mul(near, 2)), 'float32');
  const tooHigh = cast(less(finite, near), 'float32');
  const index = sub(add(guess, tooLow), tooHigh);

  // 2^(1−e) and not 2^−e, since 2^−127 is a subnormal, which GPUs flush to zero.
  const inverses = tensor1d(exponents.map((e) => 2 ** (1 - e)));
  const mantissa = mul(mul(x, lookUp(inverses, index)), 2 ** (mantissaBits - 1));
  const y = mul(mul(round(mantissa), 2 ** -mantissaBits), lookUp(powers, index));
  const inRange = where(greater(abs(y), max), mul(sign(x), saturate ? max : overflow), y);
  return where(equal(y, 0), mul(x, 0), inRange); // tf.round takes −0.5 to +0 on cpu
}
