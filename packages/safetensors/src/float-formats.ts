/** Floats of 8 bits, with 4 or 5 of them for the exponent, and bfloat16. */
export type FloatFormat = 'e4m3' | 'e5m2' | 'bf16';

/** What a format can hold. */
export interface FormatLimits {
  /** Bits after the leading one. */
  readonly mantissaBits: number;
  /** 2^minExponent is the smallest normal number. */
  readonly minExponent: number;
  /** The largest finite number. */
  readonly max: number;
  /** What a larger number becomes where it is not cut to `max`: e4m3 has no infinity. */
  readonly overflow: number;
}

/**
 * The formats below float32 that networks are tried in, by name. e4m3 is the variant without infinities (e4m3fn).
 *
 * @see Micikevicius et al., "FP8 Formats for Deep Learning", 2022, table 1. https://arxiv.org/abs/2209.05433
 */
export const FLOAT_FORMATS: Readonly<Record<FloatFormat, FormatLimits>> = {
  e4m3: { mantissaBits: 3, minExponent: -6, max: 448, overflow: Number.NaN },
  e5m2: { mantissaBits: 2, minExponent: -14, max: 57344, overflow: Infinity },
  bf16: { mantissaBits: 7, minExponent: -126, max: 2 ** 127 * (2 - 2 ** -7), overflow: Infinity },
};
