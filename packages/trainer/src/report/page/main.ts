// The script of a report: it redraws the charts that the page comes with as a reader wants to see them.

import type { Drawn } from '../drawing/panel.js';
import { Charts } from './charts.js';
import { addControls } from './controls.js';
import { followRun } from './follow-run.js';
import { addSwitches } from './switches.js';

const charts = new Charts(drawnIn(document));
const rebuild = () => addSwitches(charts);
addControls(charts, rebuild);
rebuild();
charts.draw();

if (document.documentElement.dataset.live !== undefined) {
  followRun((page) => {
    charts.show(drawnIn(page));
    rebuild();
  });
}

function drawnIn(page: Document): Drawn {
  return JSON.parse(page.getElementById('drawn')!.textContent!);
}
