import { eachSeed, mean, percent, spread, timeTaken } from '../src/recorded/over-seeds.js';
import type { Headline, Result } from '../src/recorded/result.js';
import { markdownTable } from '../src/recorded/table.js';
import { showBand } from './band.js';
import { execute, type Measured } from './execute.js';
import { NORM_NAMES, nameButNorm, nameOf, PANELS, type Panel, PLANS, type Run, runsOf } from './panels.js';
import { bandPlot } from './plot.js';
import { LONG, learningRates, NORMS, RECIPES, type Recipe, type Settings, SHORT } from './settings.js';
import { bandAcross, bandsOf, bestOf, USUAL, wins } from './widths.js';

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
  const rows = [...new Set(PANELS.map(nameButNorm))].flatMap((setting) =>
    RECIPES.flatMap((recipe) => {
      const each = NORMS.map((norm) => {
        const panel = PANELS.find((one) => nameButNorm(one) === setting && one.norm === norm);
        if (!panel) return '–';
        return eachSeed(runsOf(records, panel, recipe), (run) => showBand(bandAcross(records, panel, run)));
      });
      return each.every((cell) => cell === '–') ? [] : [[setting, recipe, ...each]];
    }),
  );
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

/** The sweep of long runs has all rates of the others. */
const RATES = learningRates(LONG);

/** Means over seeds, as a check on the widths. */
function lossTable(records: readonly Run[]): string {
  const rows = PANELS.flatMap((panel) =>
    RECIPES.flatMap((recipe) => {
      const runs = runsOf(records, panel, recipe);
      if (runs.length === 0) return [];
      return [[nameOf(panel), recipe, ...RATES.map((rate) => lossesAt(rate, panel, runs))]];
    }),
  );
  const header = ['setting', 'recipe', ...RATES.map((rate) => `10^${Math.log10(rate).toFixed(1)}`)];
  return markdownTable(header, rows);
}

function lossesAt(rate: number, { steps }: Panel, runs: readonly Run[]): string {
  const i = learningRates(steps).indexOf(rate);
  return i < 0 ? '' : show(runs.map(({ measured }) => measured.finalLosses[i]));
}

function show(losses: readonly (number | null)[]): string {
  const alive = losses.filter((loss) => loss !== null);
  if (alive.length < losses.length) return `lost (${losses.length - alive.length} of ${losses.length})`;
  const average = mean(alive);
  return average < 100 ? average.toFixed(2) : average.toExponential(0);
}

/** The usual recipe with and without layer norm, and ours: to one goal, and each to its own. */
/** How many decades of learning rates train well: of the usual recipe with layer norm, and of Muon with caps. */
function headlines(records: readonly Run[]): Headline[] {
  const settings: readonly (Omit<Panel, 'norm'> & { readonly words: string })[] = [
    { task: 'characters', loss: 'softmax', layers: 2, steps: LONG, words: 'characters, 2 layers' },
    { task: 'characters', loss: 'softmax', layers: 8, steps: SHORT, words: 'characters, 8 layers' },
    { task: 'modular', loss: 'softmax', layers: 2, steps: SHORT, words: 'modular addition, 2 layers' },
  ];
  return settings.map(({ words, ...setting }) => {
    const band = (norm: Panel['norm'], recipe: Recipe): string => {
      const panel = { ...setting, norm };
      const bands = runsOf(records, panel, recipe).map((run) => bandAcross(records, panel, run));
      const atLeast = bands.some(({ isOpen }) => isOpen) ? 'at least ' : '';
      return `${atLeast}${spread(
        bands.map(({ decades }) => decades),
        1,
      )}`;
    };
    return {
      claim: `decades of learning rates that train well, **Muon with caps** (${words})`,
      published: '–',
      measured: `${band('convex', 'muon+softcap')}; AdamW with layer norm ${band('layerNorm', USUAL)}`,
    };
  });
}
