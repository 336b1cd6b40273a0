import { Charts } from './charts.js';
import { setText } from './dom.js';
import { exportCsv, exportPng } from './export.js';
import { RunPanel } from './run-panel.js';
import { Samples } from './samples.js';
import { copyLink, openLink } from './share.js';
import './style.css';

const place = (id: string): HTMLElement => document.getElementById(id)!;

const panels = (['A', 'B'] as const).map((name) => new RunPanel(name));
const [a, b] = panels;
place('runs').append(...panels.map(({ element }) => element));
// Two runs that differ in one thing, so that Start both shows something.
b.form.settings = {
  ...b.form.settings,
  optimizer: 'muon',
  learningRate: 0.05,
  constraint: 'softCap',
  strength: 2,
};

openLink(panels, place('link-alarm'));

const samples = new Samples(place('samples'), panels);
const charts = new Charts(place('figures'), panels);
const isAnyActive = () => panels.some(({ session }) => session.isActive);

for (const { session } of panels) {
  session.onChange(() => {
    samples.update();
    setText(place('both'), isAnyActive() ? 'Stop both' : 'Start both');
    if (session.state === 'starting') showCharts();
  });
}

/** What one wants to see while a run goes on: settings become a line. */
function showCharts(): void {
  for (const panel of panels) panel.fold();
  place('runs').scrollIntoView({ block: 'nearest' });
}

place('both').addEventListener('click', () => {
  const isStop = isAnyActive();
  for (const panel of panels) panel.attempt(() => (isStop ? panel.stop() : panel.start()));
});
place('copy').addEventListener('click', () =>
  b.attempt(() => {
    if (b.session.isActive) throw new Error('Run B is training. Stop it before its settings change.');
    b.form.text.ownText = a.form.text.ownText;
    b.form.settings = a.form.settings;
  }),
);
place('copy-link').addEventListener('click', () => a.attempt(() => copyLink(panels, place('link-status'))));
place('export-csv').addEventListener('click', () => a.attempt(() => exportCsv(panels)));
place('export-png').addEventListener('click', () => a.attempt(() => exportPng(charts.all)));
addEventListener('beforeunload', (event) => {
  if (isAnyActive()) event.preventDefault();
});
document.body.classList.add('ready');
