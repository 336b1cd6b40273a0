import type { Chart } from './chart.js';
import { download } from './dom.js';
import type { RunPanel } from './run-panel.js';

/** All that was measured, a row per run and step. @throws If nothing was. */
export function exportCsv(panels: readonly RunPanel[]): void {
  const rows = panels.flatMap(({ name, session }) =>
    session.history.records.map((record) => ({ run: name, ...record })),
  );
  if (rows.length === 0) throw new Error('There is nothing to export yet. Start a run.');
  const known = ['run', 'step', 'seconds'];
  const metrics = [...new Set(rows.flatMap((row) => Object.keys(row)))]
    .filter((name) => !known.includes(name))
    .sort();
  const columns = [...known, ...metrics];
  const lines = rows.map((row) =>
    columns.map((column) => (row as Record<string, unknown>)[column] ?? '').join(','),
  );
  download('evenkeel-lab.csv', `${[columns.map(quoted).join(','), ...lines].join('\n')}\n`, 'text/csv');
}

const quoted = (name: string): string => (/[",\n]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);

const MARGIN = 24;
const TITLE = 44;
/** How long a line is in the legend. */
const SAMPLE = 24;

/** All charts that have lines, as one picture. @throws If none has. */
export async function exportPng(charts: readonly Chart[]): Promise<void> {
  const drawn = charts.filter(({ drawn, canvas }) => drawn.length > 0 && canvas);
  if (drawn.length === 0) throw new Error('There is nothing to export yet. Start a run.');
  const scale = devicePixelRatio;
  const width = Math.max(...drawn.map(({ canvas }) => canvas!.width));
  const height = Math.max(...drawn.map(({ canvas }) => canvas!.height)) + TITLE * scale;
  const columns = drawn.length > 1 ? 2 : 1;
  const margin = MARGIN * scale;
  const picture = document.createElement('canvas');
  picture.width = columns * (width + margin) + margin;
  picture.height = Math.ceil(drawn.length / columns) * (height + margin) + margin;
  const context = picture.getContext('2d')!;
  const style = getComputedStyle(document.documentElement);
  context.fillStyle = style.getPropertyValue('--paper').trim();
  context.fillRect(0, 0, picture.width, picture.height);
  drawn.forEach((chart, i) => {
    const x = margin + (i % columns) * (width + margin);
    const y = margin + Math.floor(i / columns) * (height + margin);
    context.fillStyle = style.getPropertyValue('--ink').trim();
    context.font = `600 ${15 * scale}px system-ui, sans-serif`;
    context.fillText(chart.options.title, x, y + 15 * scale);
    context.font = `${12 * scale}px system-ui, sans-serif`;
    let at = x;
    for (const { label, color, isDashed } of chart.drawn) {
      context.strokeStyle = color;
      context.lineWidth = 2 * scale;
      context.setLineDash(isDashed ? [6 * scale, 4 * scale] : []);
      context.beginPath();
      context.moveTo(at, y + 30 * scale);
      context.lineTo(at + SAMPLE * scale, y + 30 * scale);
      context.stroke();
      at += (SAMPLE + 6) * scale;
      context.fillText(label, at, y + 34 * scale, Math.max(1, x + width - at));
      at += context.measureText(label).width + 14 * scale;
      if (at > x + width) break;
    }
    context.drawImage(chart.canvas!, x, y + TITLE * scale);
  });
  const blob = await new Promise<Blob | null>((resolve) => picture.toBlob(resolve, 'image/png'));
  if (!blob) throw new Error('This browser could not make a picture of the charts. The CSV has all numbers.');
  download('evenkeel-lab.png', blob, 'image/png');
}
