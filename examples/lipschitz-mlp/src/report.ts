import { svgOf } from '@evenkeel/example-common/svg';
import * as Plot from '@observablehq/plot';
import type { Result, Run } from './run.js';
import { tableRows } from './table.js';

/** The results as one self-contained HTML page. */
export function reportPage(results: readonly (Run & Result)[]): string {
  const [header, ...rows] = tableRows(results);
  const cells = (tag: string, row: readonly string[]) =>
    `<tr>${row.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Digits under a Lipschitz bound</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 2rem auto; padding: 0 1rem; }
  table { border-collapse: collapse; font-variant-numeric: tabular-nums; display: block; overflow-x: auto; }
  th, td { padding: .35rem .8rem; text-align: right; border-bottom: 1px solid #8884; white-space: nowrap; }
  td:nth-child(-n+2), th:nth-child(-n+2) { text-align: left; }
  .plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 440px), 1fr)); gap: 1.5rem; }
  figure { margin: 0; } figure svg { width: 100%; height: auto; background: none !important; color: inherit; }
</style>
<h1>Digits under a Lipschitz bound</h1>
<p>The same network and budget, trained by AdamW and by Muon, with weights held by decay, hammer or soft cap. The bound is
proven for the trained weights: moving an image by a length of r moves the logits by at most that much times r.</p>
<div class="plots">${tradeOffs(results).join('')}</div>
<table><thead>${cells('th', header)}</thead><tbody>${rows.map((row) => cells('td', row)).join('')}</tbody></table>
</html>
`;
}

/** What is bought with a tighter bound, and what it costs: a standalone SVG each. */
function tradeOffs(results: readonly (Run & Result)[]): string[] {
  const { radii } = results[0].settings;
  const panels: [title: string, value: (result: Result) => number][] = [
    ['Accuracy', ({ accuracy }) => accuracy],
    ...radii.map((radius, i): [string, (result: Result) => number] => [
      `Accuracy under attack of length ${radius}`,
      ({ attacked }) => attacked[i],
    ]),
    [`Certified accuracy at length ${radii[0]}`, ({ certified }) => certified[0]],
  ];
  return panels.map(([title, value]) => {
    const points = results.map((result) => ({ ...result, value: 100 * value(result) }));
    const axes = { x: 'lipschitz', y: 'value' } as const;
    const svg = svgOf({
      ...{ width: 460, height: 280, marginLeft: 44 },
      x: { type: 'log', label: 'certified Lipschitz bound' },
      y: { grid: true, label: '%' },
      color: { legend: false, scheme: 'dark2' },
      marks: [
        Plot.line(points, {
          ...axes,
          z: ({ recipe, seed }) => `${recipe} ${seed}`,
          sort: 'lipschitz',
          stroke: 'recipe',
        }),
        Plot.dot(points, { ...axes, fill: 'recipe', r: 3 }),
        Plot.text(
          points,
          Plot.selectLast({
            ...axes,
            z: 'recipe',
            text: 'recipe',
            fill: 'recipe',
            dy: -8,
            textAnchor: 'end',
          }),
        ),
      ],
    });
    return `<figure><h3>${title}</h3>${svg}</figure>`;
  });
}
