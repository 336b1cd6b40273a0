import { escapeHtml } from './escape-html.js';
import { titleOf, withUnit } from './metric-words.js';
import { tableOf } from './runs-table.js';

/** Settings of a sweep, the best first. */
export interface Ranking {
  /** What they are compared by. */
  readonly metric: string;
  readonly settings: readonly RankedSetting[];
}

/** Runs that differ in their seeds alone. */
export interface RankedSetting {
  /** What sets it apart: `optimizer.learningRate 0.01`. */
  readonly words: string;
  /** The metric of each run that did not diverge. */
  readonly scores: readonly number[];
  /** How many runs diverged. */
  readonly diverged: number;
}

/**
 * The mean of scores and how far they spread, with the unit of their metric: `0.312 ± 0.004`.
 *
 * The spread is the standard deviation of the sample, √(Σ (x − mean)² / (n − 1)); a single score has none.
 */
export function meanAndSpread(metric: string, scores: readonly number[]): string {
  if (scores.length === 0) return '–';
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length;
  const shown = withUnit(metric, mean);
  if (scores.length === 1) return shown;
  const spread = Math.sqrt(scores.reduce((sum, score) => sum + (score - mean) ** 2, 0) / (scores.length - 1));
  return `${shown.replace(/ %$/, '')} ± ${withUnit(metric, spread)}`;
}

export function rankingTable({ metric, settings }: Ranking): string {
  const rows = settings.map(({ words, scores, diverged }, i) => {
    const cells = [
      meanAndSpread(metric, scores),
      String(scores.length),
      diverged === 0 ? '' : String(diverged),
    ];
    return `<tr><td>${i + 1}</td><th scope="row" class="text">${escapeHtml(words)}</th>${cells
      .map((cell) => `<td>${escapeHtml(cell)}</td>`)
      .join('')}</tr>`;
  });
  const head = ['Place', 'Setting', `${titleOf(metric)}, mean ± spread`, 'Runs', 'Diverged'];
  return `<section><h2>Ranking</h2>${tableOf(`Settings by ${titleOf(metric).toLowerCase()}, the best first`, head, rows)}<p class="note">Spread: the standard deviation over the runs of a setting, which differ in their seeds.</p></section>`;
}
