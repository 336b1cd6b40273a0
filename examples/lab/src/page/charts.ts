import { Chart, type ChartOptions, type Line } from './chart.js';
import { formatShare } from './format.js';
import type { RunPanel } from './run-panel.js';
import type { Session } from './session.js';

interface Spec extends ChartOptions {
  /** Metrics by what they are called in the legend; the second is dashed. */
  readonly metrics: Readonly<Record<string, string>>;
}

const SPECS: readonly Spec[] = [
  {
    title: 'Loss',
    caption: 'Lower is better.',
    metrics: { loss: ' training', validationLoss: ' validation' },
  },
  {
    title: 'Accuracy',
    caption: 'The share of right answers.',
    range: [0, 1],
    isLinear: true,
    format: formatShare,
    metrics: { accuracy: ' training', validationAccuracy: ' validation' },
  },
  {
    title: 'Softmax collapse',
    caption: 'Examples whose gradient float32 rounds away: they teach nothing.',
    range: [0, 1],
    isLinear: true,
    format: formatShare,
    metrics: { softmaxCollapse: '', stablemaxCollapse: ' of StableMax' },
  },
  {
    title: 'Largest activation',
    caption: 'The largest number inside the network.',
    metrics: { largestActivation: '' },
  },
  {
    title: 'Lipschitz certificate, log₁₀',
    isLinear: true,
    caption:
      'A proven bound on how much a change of the input can grow. For Lipschitz transformers and MLPs.',
    metrics: { log10Lipschitz: '' },
  },
];

const NORM = 'spectralNorm/';

/** All charts, drawn from both runs. */
export class Charts {
  readonly all: readonly Chart[];
  private readonly specs: readonly { chart: Chart; lines: () => Line[] }[];
  private drawnVersions = '';

  constructor(place: HTMLElement, panels: readonly RunPanel[]) {
    this.specs = [
      ...SPECS.map((spec) => ({
        chart: new Chart(spec),
        lines: () => panels.flatMap((panel) => linesOf(panel, spec)),
      })),
      ...panels.map((panel) => ({
        chart: new Chart({
          title: `Spectral norms of run ${panel.name}`,
          caption: 'How much each matrix can stretch what it is given, by layer.',
        }),
        lines: () => normsOf(panel),
      })),
    ];
    this.all = this.specs.map(({ chart }) => chart);
    place.append(...this.all.map(({ element }) => element));
    for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)']) {
      matchMedia(query).addEventListener('change', () => this.recolor(panels));
    }
    const frame = () => {
      this.draw(panels);
      setTimeout(() => requestAnimationFrame(frame), 250);
    };
    frame();
  }

  private draw(panels: readonly RunPanel[]): void {
    const versions = panels.map(({ session }) => session.version).join();
    if (versions === this.drawnVersions) return;
    this.drawnVersions = versions;
    for (const { chart, lines } of this.specs) chart.draw(lines());
  }

  private recolor(panels: readonly RunPanel[]): void {
    for (const chart of this.all) chart.recolor();
    this.drawnVersions = '';
    this.draw(panels);
  }
}

function linesOf({ name, session }: RunPanel, { metrics }: Spec): Line[] {
  const color = colorOf(name);
  return Object.entries(metrics).flatMap(([metric, suffix], i) => {
    const series = session.history.series.get(metric);
    const remark = remarkOn(session);
    return series ? [{ label: `${name}${suffix}`, color, isDashed: i > 0, series, remark }] : [];
  });
}

/** A line per matrix, in hues around the run's own. */
function normsOf({ name, session }: RunPanel): Line[] {
  const norms = [...session.history.series].filter(([metric]) => metric.startsWith(NORM));
  return norms.map(([metric, series], i) => ({
    label: shortName(metric),
    color: `hsl(${HUES[name] + (norms.length > 1 ? (i / (norms.length - 1) - 0.5) * 110 : 0)} 60% ${isDark() ? 65 : 38}%)`,
    isDashed: i % 2 === 1,
    series,
    remark: remarkOn(session),
  }));
}

const remarkOn = ({ divergedAt }: Session): string | undefined =>
  divergedAt === undefined ? undefined : `diverged at step ${divergedAt}`;

const HUES = { A: 185, B: 25 } as const;
const isDark = () => matchMedia('(prefers-color-scheme: dark)').matches;
const colorOf = (run: 'A' | 'B'): string =>
  getComputedStyle(document.documentElement).getPropertyValue(`--run-${run.toLowerCase()}`).trim();

/** `spectralNorm/gpt/blocks.0.mlp.up.weight` as `0.mlp.up`. */
const shortName = (metric: string): string =>
  metric
    .slice(NORM.length)
    .replace(/^[^/]*\//, '')
    .replace(/^(blocks|layers)\./, '')
    .replace(/\.weight$/, '')
    .replace('attention', 'attn');
