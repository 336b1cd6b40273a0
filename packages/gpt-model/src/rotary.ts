import { rotaryFrequencies } from '@evenkeel/ops';
import type { ResolvedConfig, RotaryScaling } from './config.js';

/**
 * Radians per position of each turned pair of a head, the first `rotaryFraction` of its entries.
 *
 *     fᵢ = base^(−2i / turned)          then scaled; `modulaRotary` −fᵢ
 *
 * The published Modula code exchanges sine and cosine, so that (a, b) becomes (a cos + b sin, a sin − b cos).
 * That is the turn the other way round with its second entry negated, in queries and keys alike; the two signs
 * cancel in every score, so turning by −fᵢ gives the same model.
 */
export function headFrequencies({
  headDim,
  rotaryFraction,
  rotaryBase,
  rotaryScaling,
  position,
}: ResolvedConfig): number[] {
  const frequencies = rotaryFrequencies(Math.floor(headDim * rotaryFraction), rotaryBase);
  const scaled = rotaryScaling ? frequencies.map((f) => scale(f, rotaryScaling)) : frequencies;
  return position === 'modulaRotary' ? scaled.map((f) => -f) : scaled;
}

/**
 * Stretches positions for a longer context.
 *
 * `linear` all of them by `factor`; `llama3` only pairs that turn slowly, and none that turns often within the
 * original context. With L = 2π/f, a pair's length of a turn, and context C:
 *
 *     L < C / high         f
 *     L > C / low          f / factor
 *     otherwise            (1 − s) f / factor + s f,   s = (C/L − low) / (high − low)
 *
 * @see Llama 3.1's `rope_scaling`, as in Hugging Face transformers.
 */
function scale(f: number, scaling: RotaryScaling): number {
  if (scaling.type === 'linear') return f / scaling.factor;
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high } = scaling;
  const turns = (scaling.originalContextLength * f) / (2 * Math.PI);
  if (turns > high) return f;
  if (turns < low) return f / factor;
  const s = (turns - low) / (high - low);
  return ((1 - s) * f) / factor + s * f;
}
