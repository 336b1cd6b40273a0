import { Charts } from './charts.js';
import { exportCsv, exportPng } from './export.js';
import { RunPanel } from './run-panel.js';
import { Samples } from './samples.js';
import './style.css';

const place = (id: string): HTMLElement => document.getElementById(id)!;

let samples: Samples | undefined;
const panels = (['A', 'B'] as const).map((name) => new RunPanel(name, () => samples?.update()));
const [a, b] = panels;
place('runs').append(...panels.map(({ element }) => element));
// Two runs that differ in one thing, so that Start both shows something.
b.form.settings = {
  ...b.form.settings,
  optimizer: 'muon',
  learningRate: 0.05,
  constraint: 'soft-cap',
  strength: 2,
};

samples = new Samples(place('samples'), panels);
const charts = new Charts(place('figures'), panels);

place('start-both').addEventListener('click', () => {
  for (const panel of panels) panel.attempt(() => panel.start());
});
place('copy').addEventListener('click', () =>
  b.attempt(() => {
    if (b.session.isActive) throw new Error('Run B is training. Stop it before its settings change.');
    b.form.text.ownText = a.form.text.ownText;
    b.form.settings = a.form.settings;
  }),
);
place('export-csv').addEventListener('click', () => a.attempt(() => exportCsv(panels)));
place('export-png').addEventListener('click', () => a.attempt(() => exportPng(charts.all)));
addEventListener('beforeunload', (event) => {
  if (panels.some(({ session }) => session.isActive)) event.preventDefault();
});
