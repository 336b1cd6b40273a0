import { checkNumber } from '@evenkeel/optim';

/**
 * The weakest soft cap that still holds: after one more step no singular value exceeds `maxNorm`.
 *
 *     p(σ) = σ q(α σ²),   q(u) = (1 − u)(1 + u (1 − u)²) = 1 − 3u² + 3u³ − u⁴
 *     k = maxNorm (1 − weightDecay) + maxUpdateNorm     the largest σ there can be
 *     α: max p(σ) over 0 ≤ σ ≤ k is maxNorm
 *
 * q falls, so p(k) = maxNorm has one root u = α k². Up to u = 1/3, which is k ≤ 1.3064 maxNorm, p rises all the way to
 * k and this root is the answer. Beyond, p has its maximum inside, at u = 1/3, and the answer is the α for which that
 * maximum is `maxNorm`: α = 0.19529 / maxNorm². That holds up to k = 2.612 maxNorm, where p(k) = −maxNorm.
 *
 * All norms in the same unit, RMS→RMS or spectral.
 *
 * @param maxNorm The cap, > 0.
 * @param weightDecay The share that the step takes away from the weight, learning rate included, in [0, 1].
 * @param maxUpdateNorm The largest norm of the update, ≥ 0: the learning rate, for Muon.
 * @returns α ≥ 0; 0 where no step can pass the cap.
 * @throws If a number is out of range, or k > 2.612 maxNorm: no α holds there.
 * @see Newhouse et al. 2025, section 3 and appendix. Theirs takes the root also past 1.3064, where the weights pass the
 *     cap in the middle; takes 1 where there is none, which crushes weights that need no cap; and limits α to 1, which
 *     lets small caps be passed. It is `publishedSoftCapCoupling`.
 */
export function softCapCoupling(maxNorm: number, weightDecay: number, maxUpdateNorm: number): number {
  const where = 'softCapCoupling';
  checkNumber(where, 'maxNorm', maxNorm, { above: 0, below: Infinity, typical: 1 });
  checkNumber(where, 'weightDecay', weightDecay, { atLeast: 0, atMost: 1, typical: 0 });
  checkNumber(where, 'maxUpdateNorm', maxUpdateNorm, { atLeast: 0, below: Infinity, typical: 0.1 });
  const k = 1 - weightDecay + maxUpdateNorm / maxNorm;
  if (k > LARGEST_K) {
    throw new Error(
      `${where}: a step can take a weight to ${k.toPrecision(3)} × maxNorm, expected at most ${LARGEST_K} ×. ` +
        `Lower the learning rate, or use spectralCap.`,
    );
  }
  return unitCoupling(k) / maxNorm ** 2;
}

/** The same for maxNorm = 1. */
export function unitCoupling(k: number): number {
  if (k <= 1) return 0;
  return k <= RISING_UP_TO ? rootOf(k) / k ** 2 : INTERIOR;
}

/** k up to which p rises all the way: 1 / q(1/3). */
export const RISING_UP_TO = 81 / 62;
/** α whose interior maximum is 1: (q(1/3) √(1/3))². */
export const INTERIOR = (62 / 81) ** 2 / 3;
/** k at which p falls to −1 for that α. */
const LARGEST_K = 2.612;

/** u with q(u) = 1 / k, by Newton's method on u² (3 − 3u + u²) = 1 − 1/k, from above. */
function rootOf(k: number): number {
  const y = 1 - 1 / k;
  let u = 1 / 3;
  for (let i = 0; i < 60; i++) {
    const next = u - (u * u * (3 - 3 * u + u * u) - y) / (u * (6 - 9 * u + 4 * u * u));
    if (Math.abs(next - u) <= 1e-16 * u) break;
    u = next;
  }
  return u;
}
