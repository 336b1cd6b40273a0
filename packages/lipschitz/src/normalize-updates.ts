import { checkOptions } from '@evenkeel/ops';
import { checkedSchedule, type Schedule, stateless, type Transform } from '@evenkeel/optim';
import { mul } from '@tensorflow/tfjs-core';
import { euclideanNorm, withNorm } from './euclidean-norm.js';

export type NormalizeUpdatesOptions =
  | {
      /** The length of each parameter's update, ≥ 0, or a schedule of it. */
      norm: number | Schedule;
    }
  | {
      /** The same as a share of the parameter's own length. */
      share: number | Schedule;
    };

/**
 * Gives each parameter's update a length of its own choice, and keeps its direction.
 *
 *     u ← norm · u / ‖u‖          or          u ← share · ‖w‖ · u / ‖u‖
 *
 * Put it last, behind a recipe that makes steps: `chain(muon(), normalizeUpdates({ share: 0.01 }))`. It replaces the size of
 * the step, and with it the recipe's learning rate. An update of zero stays zero, and so does with `share` a weight of zero.
 *
 * @throws If neither or both are given, or a number is out of range, for a schedule at the step where it is.
 * @see NVIDIA Emerging-Optimizers, hyperball and relative-update hooks; You et al., "LARS", 2017, for the share.
 */
export function normalizeUpdates(options: NormalizeUpdatesOptions): Transform {
  checkOptions('normalizeUpdates', options, { norm: true, share: true });
  const { norm, share } = options as { norm?: number | Schedule; share?: number | Schedule };
  const given = norm ?? share;
  if (given === undefined || (norm !== undefined && share !== undefined)) {
    throw new Error(
      `normalizeUpdates: ${given === undefined ? 'neither norm nor share' : 'both norm and share'} came, expected one of ` +
        'them. Try { share: 0.01 }.',
    );
  }
  const name = norm === undefined ? 'share' : 'norm';
  const at = checkedSchedule('normalizeUpdates', name, given, { atLeast: 0, below: Infinity, typical: 0.01 });
  return {
    stepsMade: () => 0,
    ...stateless('normalizeUpdates', (update, param, step) => {
      if (update.size === 0) return update;
      return withNorm(update, name === 'norm' ? at(step) : mul(euclideanNorm(param), at(step)));
    }),
    // A length is at least a singular value, and at most √rank of the largest one.
    stepBound(param, step) {
      if (param.rank < 2) return undefined;
      const rank = Math.sqrt(Math.min(param.shape.at(-1)!, param.size / Math.max(1, param.shape.at(-1)!)));
      const size = at(step) * (1 + 1e-5);
      return name === 'norm' ? { keep: 1, update: size } : { keep: 1 + size * rank, update: 0 };
    },
  };
}
