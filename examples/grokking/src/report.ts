import { renameSync, writeFileSync } from 'node:fs';
import { plotPanels } from './plots.js';
import { type Result, tableRows } from './results.js';
import { describeSetting } from './settings.js';

/** Writes the runs as one self-contained HTML page. The page is complete or not there. */
export function writeReport(path: string, settings: readonly (readonly Result[])[]): void {
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, page(settings));
  renameSync(draft, path);
}

const page = (settings: readonly (readonly Result[])[]) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Grokking at the edge of numerical stability</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 16px/1.5 system-ui, sans-serif; max-width: 1000px; margin: 2rem auto; padding: 0 1rem; }
  h1, h2, h3 { line-height: 1.2; } h3 { font-size: 1rem; margin: 0 0 .5rem; }
  table { border-collapse: collapse; font-variant-numeric: tabular-nums; display: block; overflow-x: auto; }
  th, td { padding: .35rem .8rem; text-align: right; border-bottom: 1px solid #8884; white-space: nowrap; }
  th:first-child, td:first-child { text-align: left; }
  .plots { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 440px), 1fr)); gap: 1.5rem; margin: 1.5rem 0; }
  figure { margin: 0; } figure svg { width: 100%; height: auto; background: none !important; color: inherit; }
  figcaption { font-size: .85rem; opacity: .85; }
  .key { margin-right: .6rem; white-space: nowrap; } .key i { display: inline-block; width: .8em; height: .8em; border-radius: 50%; margin-right: .3em; }
</style>
<h1>Grokking at the edge of numerical stability</h1>
<p>A network that fits its training data can lower a softmax loss further by scaling its weights up, which changes
no prediction and ends where float32 rounds the gradient of the right class to zero: <em>softmax collapse</em>.
⊥Grad removes that direction from the gradient; StableMax is a loss whose gradient does not vanish.</p>
${settings.map(section).join('\n')}
<h2>What this shows, and what it does not</h2>
<ul>
<li>In the published setting AdamW fits the training pairs and from then on scales its weights up; with ⊥Grad in front of
it, it generalises. In 300 epochs the loss of AdamW is still above the floor of float32: what ⊥Grad stops here is the way to
collapse, not collapse itself.</li>
<li>In the small setting StableMax generalises without any regularisation, where softmax in float32 does not. Softmax in
float64 fails at that horizon too, in the runs this setting was chosen by: so it shows that StableMax groks, not that
collapse is the only reason why softmax does not.</li>
<li>A collapsed gradient is never exactly zero everywhere, only for the right class; the other classes keep gradients
that are tiny but not zero.</li>
</ul>
<p>Setting, recipes and data: Prieto et al., <a href="https://arxiv.org/abs/2501.04697">Grokking at the Edge of Numerical Stability</a>, 2025.</p>
</html>
`;

function section(results: readonly Result[]): string {
  const { header, rows } = tableRows(results);
  const cells = (tag: string, row: string[]) =>
    `<tr>${row.map((cell) => `<${tag}>${cell}</${tag}>`).join('')}</tr>`;
  return `<h2>${describeSetting(results[0].setting)}</h2>
<p>Computed by ${results[0].engine}.</p>
<table><thead>${cells('th', header)}</thead><tbody>${rows.map((row) => cells('td', row)).join('')}</tbody></table>
<div class="plots">${plotPanels(results)}</div>`;
}
