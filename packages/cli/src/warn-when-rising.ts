import type { Callback } from '@evenkeel/trainer';
import { type Output, warn } from './output.js';

/** So many evaluations above the best one are long. */
const PATIENCE = 5;
/** Less than this share above the best is no rise. */
const NOISE = 0.01;

/** Warns once when the validation loss has risen for long: the model learns its data by heart. */
export function warnWhenRising(directory: string, output: Output): Callback {
  let best: { readonly step: number; readonly loss: number } | undefined;
  let above = 0;
  return {
    name: 'warnWhenRising',
    onlyWatches: true,
    onEvaluate({ validationLoss: loss }, { step }) {
      if (loss === undefined || above > PATIENCE) return;
      if (best === undefined || loss < best.loss) {
        best = { step, loss };
        above = 0;
        return;
      }
      if (loss <= best.loss * (1 + NOISE)) return;
      above += 1;
      if (above < PATIENCE) return;
      above = PATIENCE + 1; // said once
      const message =
        `the validation loss has risen to ${loss.toPrecision(4)}; it was ${best.loss.toPrecision(4)} at step ${best.step}: the model learns ` +
        `its data by heart. The best is kept: evenkeel generate ${directory} --checkpoint best. --early-stop ends such a run.`;
      output.emit({ event: 'warning', step, message });
      if (!output.json) warn(message);
    },
    state: () => ({ best, above }),
    restore(state: { best?: typeof best; above: number }) {
      ({ best, above } = state);
    },
  };
}
