import { svgOf } from '@evenkeel/example-common/svg';
import * as Plot from '@observablehq/plot';
import type { Metrics } from './metrics.js';
import type { Result } from './results.js';

/** One panel: how a quantity went with the epochs, a line per recipe. */
interface Panel {
  title: string;
  /** What to look for. */
  caption: string;
  y: Plot.ScaleOptions;
  value: (metrics: Metrics) => number;
  /** A second quantity, drawn dashed. */
  dashed?: { name: string; value: (metrics: Metrics) => number };
}

const share: Plot.ScaleOptions = { domain: [0, 100], percent: true, label: null };

const PANELS: readonly Panel[] = [
  {
    title: 'Accuracy on unseen pairs',
    caption:
      'Dashed: on the training pairs. Grokking is the solid line catching up long after the dashed one.',
    y: { ...share, label: '%' },
    value: (m) => m.testAccuracy,
    dashed: { name: 'train', value: (m) => m.trainAccuracy },
  },
  {
    title: 'Training loss',
    caption:
      'Logarithmic. Dashed: on unseen pairs. A softmax loss at float32’s floor has nothing left to teach.',
    y: { type: 'log', label: 'nats', ticks: 6, tickFormat: '.0e' },
    value: (m) => Math.max(m.trainLoss, 1e-12),
    dashed: { name: 'test', value: (m) => m.testLoss },
  },
  {
    title: 'Softmax collapse',
    caption: 'Share of training examples whose float32 softmax gradient at the right class is exactly zero.',
    y: { ...share, label: '%' },
    value: (m) => m.softmaxCollapse,
  },
  {
    title: 'Size of the weights ‖w‖',
    caption: 'All layers together.',
    y: { zero: true, label: null },
    value: (m) => Math.hypot(...m.weightNorms),
  },
  {
    title: 'cos(−g, w)',
    caption: '1: the step would only scale the weights up. ⊥Grad removes exactly this part.',
    y: { label: null },
    value: (m) => m.cosine,
  },
];

/** Colours that stay apart for colour-blind readers, on white and on black. */
const COLOURS: Record<string, string> = {
  adamw: '#d55e00',
  orthograd: '#0072b2',
  stablemax: '#009e73',
  'stablemax+orthograd': '#cc79a7',
};

/** The plots of one setting as HTML figures with inline SVG. */
export function plotPanels(results: readonly Result[]): string {
  return PANELS.map((panel) => figure(panel, results)).join('\n');
}

function figure({ title, caption, y, value, dashed }: Panel, results: readonly Result[]): string {
  const points = (of: (metrics: Metrics) => number) =>
    results.flatMap(({ recipe, history }) => history.map((m) => ({ recipe, epoch: m.epoch, value: of(m) })));
  const recipes = results.map(({ recipe }) => recipe);
  const line = { x: 'epoch', y: 'value', stroke: 'recipe' } as const;
  const svg = svgOf({
    width: 460,
    height: 260,
    marginLeft: 48,
    x: { label: 'epoch' },
    y: { grid: true, ...y },
    color: { domain: recipes, range: recipes.map((recipe) => COLOURS[recipe]) },
    marks: [
      ...(dashed
        ? [Plot.lineY(points(dashed.value), { ...line, strokeDasharray: '3 3', strokeOpacity: 0.6 })]
        : []),
      Plot.lineY(points(value), { ...line, strokeWidth: 2 }),
    ],
  });
  return `<figure><h3>${title}</h3>${svg}<figcaption>${legend(recipes)} ${caption}</figcaption></figure>`;
}

const legend = (recipes: readonly string[]) =>
  recipes
    .map((recipe) => `<span class="key"><i style="background:${COLOURS[recipe]}"></i>${recipe}</span>`)
    .join(' ');
