import { type Band, widestBand } from './band.js';
import { nameButNorm, PANELS, type Panel, type Run, runsOf } from './panels.js';
import { RECIPES, type Recipe } from './settings.js';

/** The share of the way from the loss of knowing nothing to the goal that counts as trained. */
export const TRAINED = 0.75;

export const bestOf = ({ measured }: Run): number =>
  Math.min(...measured.finalLosses.filter((loss) => loss !== null), measured.firstLoss);

/** The rates at which a run comes most of the way to a goal. */
export function bandTo(goal: number, { measured, settings }: Run, firstLoss = measured.firstLoss): Band {
  const threshold = firstLoss - TRAINED * (firstLoss - goal);
  return goal < firstLoss
    ? widestBand(settings.learningRates, measured.finalLosses, threshold)
    : { decades: 0, isOpen: false };
}

/** The band to a recipe's own best loss, and to the best of all recipes in the panel on the same seed. */
export function bandsOf(records: readonly Run[], panel: Panel, run: Run): { own: Band; common: Band } {
  const rivals = RECIPES.flatMap((recipe) => runsOf(records, panel, recipe)).filter(
    ({ seed }) => seed === run.seed,
  );
  return { own: bandTo(bestOf(run), run), common: bandTo(Math.min(...rivals.map(bestOf)), run) };
}

/**
 * The band to the best loss of all norms and recipes on the task and seed. The start is the same for all too: the lowest
 * first loss, which is that of a model that knows nothing.
 */
export function bandAcross(records: readonly Run[], panel: Panel, run: Run): Band {
  const rivals = PANELS.filter((other) => nameButNorm(other) === nameButNorm(panel))
    .flatMap((other) => RECIPES.flatMap((recipe) => runsOf(records, other, recipe)))
    .filter(({ seed }) => seed === run.seed);
  const least = (of: (rival: Run) => number) => Math.min(...rivals.map(of));
  return bandTo(
    least(bestOf),
    run,
    least(({ measured }) => measured.firstLoss),
  );
}

/** What the project claims to be wider than. */
export const USUAL: Recipe = 'adamw+clip';
/** Decades; less than half a step of the sweep tells nothing. */
const GRID = 0.25;

/**
 * On how many seeds a recipe's band to the common goal is wider than the usual one's: "2 of 3 seeds". Than one that the
 * sweep cuts off, none is known to be wider.
 */
export function wins(records: readonly Run[], panel: Panel, recipe: Recipe): string {
  const usual = runsOf(records, panel, USUAL);
  const pairs = runsOf(records, panel, recipe).flatMap((run) => {
    const rival = usual.find(({ seed }) => seed === run.seed);
    return rival ? [[run, rival].map((one) => bandsOf(records, panel, one).common)] : [];
  });
  if (recipe === USUAL || pairs.length === 0) return '–';
  return `${pairs.filter(([ours, theirs]) => !theirs.isOpen && ours.decades >= theirs.decades + GRID).length} of ${pairs.length} seeds`;
}
