import { eachSeed, mean, percent, timeTaken } from '../src/recorded/over-seeds.js';
import type { Headline, Result } from '../src/recorded/result.js';
import { markdownTable } from '../src/recorded/table.js';
import { showBand } from './band.js';
import { execute, type Measured } from './execute.js';
import { NORM_NAMES, nameButNorm, nameOf, PANELS, type Panel, PLANS, type Run, runsOf } from './panels.js';
import { bandPlot } from './plot.js';
import { LEARNING_RATES, LONG, NORMS, RECIPES, type Recipe, type Settings, SHORT } from './settings.js';
import { bandsOf, bandTo, bestOf, TRAINED, USUAL, wins } from './widths.js';

export const stabilityBand: Result<Settings, Measured> = {
  name: 'stability-band',
  title: 'The band of learning rates that train',
  plans: PLANS,
  execute,
  sections: (records) => ({
    widths: widthTable(records),
    across: acrossTable(records),
    losses: lossTable(records),
    time: timeTaken(records),
  }),
  plots: (records) => ({ 'band.svg': bandPlot(records) }),
  headlines,
};

/** A recipe with and without norms: the goal is the best loss of all of them on the same task. */
function acrossTable(records: readonly Run[]): string {
  const rows = [...new Set(PANELS.map(nameButNorm))].flatMap((setting) => {
    const panels = PANELS.filter((panel) => nameButNorm(panel) === setting);
    const runs = panels.flatMap((panel) =>
      RECIPES.flatMap((recipe) => runsOf(records, panel, recipe).map((run) => ({ panel, recipe, run }))),
    );
    const least = (seed: number, of: (run: Run) => number) =>
      Math.min(...runs.filter(({ run }) => run.seed === seed).map(({ run }) => of(run)));
    // The lowest first loss, which is that of a model that knows nothing, is the same start for all.
    const band = (run: Run) =>
      bandTo(
        least(run.seed, bestOf),
        run,
        least(run.seed, ({ measured }) => measured.firstLoss),
      );
    return RECIPES.filter((name) => runs.some(({ recipe }) => recipe === name)).map((name) => [
      setting,
      name,
      ...NORMS.map((norm) =>
        eachSeed(
          runs.filter(({ panel, recipe }) => panel.norm === norm && recipe === name),
          ({ run }) => showBand(band(run)),
        ),
      ),
    ]);
  });
  return markdownTable(['setting', 'recipe', ...NORMS.map((norm) => NORM_NAMES[norm])], rows);
}

function widthTable(records: readonly Run[]): string {
  const rows = PANELS.flatMap((panel) =>
    RECIPES.flatMap((recipe) => {
      const runs = runsOf(records, panel, recipe);
      if (runs.length === 0) return [];
      const each = (kind: 'own' | 'common') =>
        eachSeed(runs, (run) => showBand(bandsOf(records, panel, run)[kind]));
      return [
        [
          nameOf(panel),
          recipe,
          each('common'),
          wins(records, panel, recipe),
          each('own'),
          eachSeed(runs, (run) => bestOf(run).toFixed(2)),
          eachSeed(runs, ({ measured }) =>
            measured.collapse ? percent(Math.max(...measured.collapse), 0) : '–',
          ),
        ],
      ];
    }),
  );
  return markdownTable(
    [
      'setting',
      'recipe',
      'decades, common goal',
      `wider than ${USUAL}`,
      'decades, own best',
      'best loss',
      'largest collapse',
    ],
    rows,
  );
}

/** Means over seeds, as a check on the widths. */
function lossTable(records: readonly Run[]): string {
  const rows = PANELS.flatMap((panel) =>
    RECIPES.flatMap((recipe) => {
      const runs = runsOf(records, panel, recipe);
      if (runs.length === 0) return [];
      return [
        [
          nameOf(panel),
          recipe,
          ...LEARNING_RATES.map((_, i) => show(runs.map(({ measured }) => measured.finalLosses[i]))),
        ],
      ];
    }),
  );
  const header = ['setting', 'recipe', ...LEARNING_RATES.map((rate) => `10^${Math.log10(rate).toFixed(1)}`)];
  return markdownTable(header, rows);
}

function show(losses: readonly (number | null)[]): string {
  const alive = losses.filter((loss) => loss !== null);
  if (alive.length < losses.length) return `lost (${losses.length - alive.length} of ${losses.length})`;
  const average = mean(alive);
  return average < 100 ? average.toFixed(2) : average.toExponential(0);
}

/** Once the goal is common, and once each recipe's own; of the longer runs as soon as there are any. */
function headlines(records: readonly Run[]): Headline[] {
  const shown: readonly Recipe[] = ['adamw+clip', 'orthograd', 'muon', 'muon+softcap'];
  return NORMS.map((norm) => {
    const at = (steps: number): Panel => ({ task: 'characters', loss: 'softmax', norm, layers: 2, steps });
    const panel = runsOf(records, at(LONG), USUAL).length > 0 ? at(LONG) : at(SHORT);
    const each = (recipe: Recipe, kind: 'own' | 'common') =>
      eachSeed(runsOf(records, panel, recipe), (run) => showBand(bandsOf(records, panel, run)[kind]));
    const all = (kind: 'own' | 'common') =>
      shown.map((recipe) => `${recipe} ${each(recipe, kind)}`).join('; ');
    return {
      claim: `characters, ${NORM_NAMES[norm]}, ${panel.steps} steps: decades of learning rates, of 3, that come ${100 * TRAINED} % of the way to the best loss of all; to their own`,
      published: '–',
      measured: `${all('common')}; own: ${all('own')}`,
    };
  });
}
