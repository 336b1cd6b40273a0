import type { Metrics } from './metrics.js';
import type { Run } from './run.js';

/** A run and everything it measured. */
export interface Result extends Run {
  history: readonly Metrics[];
  /** What computed it, in words. */
  engine: string;
}

/** What a table says of a run. */
interface Summary {
  recipe: string;
  trainAccuracy: number;
  testAccuracy: number;
  /** First epoch with at least the threshold of test accuracy, or undefined. */
  generalisedAt?: number;
  /** The largest share of collapsed examples on the way. */
  largestCollapse: number;
  trainLoss: number;
  weightNorm: number;
  /** cos(−g, w) at the end. */
  cosine: number;
}

/** Test accuracy that counts as having generalised, as each setting's publication has it. */
const thresholdOf = ({ setting }: Run): number => (setting.name === 'small' ? 0.95 : 0.99);

function summarise(result: Result): Summary {
  const last = result.history.at(-1)!;
  return {
    recipe: result.recipe,
    trainAccuracy: last.trainAccuracy,
    testAccuracy: last.testAccuracy,
    generalisedAt: result.history.find(({ testAccuracy }) => testAccuracy >= thresholdOf(result))?.epoch,
    largestCollapse: Math.max(...result.history.map(({ softmaxCollapse }) => softmaxCollapse)),
    trainLoss: last.trainLoss,
    weightNorm: Math.hypot(...last.weightNorms),
    cosine: last.cosine,
  };
}

/** The columns of a table, as text: the same in the terminal and in the report. */
export function tableRows(results: readonly Result[]): { header: string[]; rows: string[][] } {
  const threshold = percent(thresholdOf(results[0]), 0);
  return {
    header: [
      'recipe',
      'train',
      'test',
      `test ≥ ${threshold} at`,
      'largest collapse',
      'train loss',
      '‖w‖',
      'cos(−g, w)',
    ],
    rows: results.map((result) => {
      const s = summarise(result);
      return [
        s.recipe,
        percent(s.trainAccuracy),
        percent(s.testAccuracy),
        s.generalisedAt === undefined ? `not in ${result.setting.epochs} epochs` : `epoch ${s.generalisedAt}`,
        percent(s.largestCollapse),
        s.trainLoss.toExponential(1),
        s.weightNorm.toFixed(1),
        s.cosine.toFixed(2),
      ];
    }),
  };
}

const percent = (share: number, digits = 1) => `${(100 * share).toFixed(digits)} %`;
