import { CHART, type Chart } from '../drawing/draw-chart.js';
import { withUnit } from '../metric-words.js';
import { element } from './element.js';
import { nearest, type Reading, readingsAt, stepsOf } from './readings.js';

/** More values than these would fill a screen. */
const SHOWN = 12;
/** More than these would hide the chart, and stand below it. */
const INSIDE = 4;

/** The chart of each SVG as it is drawn now, and the step that is looked at: redrawing keeps both listeners and cursor. */
const watched = new WeakMap<
  SVGSVGElement,
  { chart: Chart; names: readonly string[]; at: number | undefined }
>();

/** Shows the values of all lines at the step under the pointer; by keyboard, arrows go from step to step. */
export function watchPointer(svg: SVGSVGElement, chart: Chart, names: readonly string[]): void {
  const known = watched.get(svg);
  if (known) {
    Object.assign(known, { chart, names });
    if (known.at !== undefined) look(svg, known.at);
    return;
  }
  watched.set(svg, { chart, names, at: undefined });
  svg.setAttribute('tabindex', '0');
  svg.addEventListener('pointermove', (event) => {
    const { left, width } = svg.getBoundingClientRect();
    look(svg, stepAt(svg, ((event.clientX - left) / width) * CHART.width));
  });
  svg.addEventListener('pointerleave', () => look(svg, undefined));
  svg.addEventListener('blur', () => look(svg, undefined));
  svg.addEventListener('keydown', (event) => {
    const { chart, at } = watched.get(svg)!;
    const steps = stepsOf(chart);
    const next = nextStep(event.key, steps, at);
    if (next === undefined && event.key !== 'Escape') return;
    event.preventDefault();
    const readings = look(svg, next);
    speak(
      next === undefined
        ? ''
        : [`step ${withUnit('step', next)}`, ...readings.map(({ name, words }) => `${name} ${words}`)].join(
            '. ',
          ),
    );
  });
}

function nextStep(key: string, steps: readonly number[], at: number | undefined): number | undefined {
  const now = at === undefined ? -1 : nearest(steps, at);
  const many = Math.max(1, Math.round(steps.length / 10));
  const to: Readonly<Record<string, number>> = {
    ArrowRight: now + 1,
    ArrowLeft: at === undefined ? steps.length - 1 : now - 1,
    PageUp: now + many,
    PageDown: now - many,
    Home: 0,
    End: steps.length - 1,
  };
  return to[key] === undefined ? undefined : steps[Math.min(Math.max(to[key], 0), steps.length - 1)];
}

function stepAt(svg: SVGSVGElement, x: number): number | undefined {
  const { chart } = watched.get(svg)!;
  const steps = stepsOf(chart);
  if (steps.length === 0 || x < CHART.left - 8 || x > CHART.right + 8) return undefined;
  return steps[
    nearest(
      steps.map((step) => chart.x.at(step)),
      x,
    )
  ];
}

/** Marks a step, or nothing, and shows what is there. */
function look(svg: SVGSVGElement, step: number | undefined): Reading[] {
  const state = watched.get(svg)!;
  state.at = step;
  svg.querySelector('.at')?.remove();
  const figure = svg.parentElement!;
  figure.querySelector('.values')?.remove();
  if (step === undefined) return [];
  const { chart, names } = state;
  const readings = readingsAt(chart, step, names).sort((a, b) => a.drawn.line.style - b.drawn.line.style);
  const x = chart.x.at(step);
  const dots = readings.map(({ drawn: { line, values }, index }) => {
    const [cx, cy] = [chart.x.at(line.series.steps[index]), chart.y.at(values[index]!)];
    return `<circle class="near c${line.run % 12}" cx="${cx}" cy="${cy}" r="4"/>`;
  });
  svg.insertAdjacentHTML(
    'beforeend',
    `<g class="at"><path class="cursor" d="M${x} ${CHART.top}V${CHART.bottom}"/>${dots.join('')}</g>`,
  );
  const box = values(step, readings);
  figure.append(box);
  place(box, svg, x, readings.length > INSIDE);
  return readings;
}

function values(step: number, readings: readonly Reading[]): HTMLElement {
  const rows = readings
    .slice(0, SHOWN)
    .map(({ drawn: { line }, name, words }) =>
      element(
        'li',
        {},
        element('span', { class: `key c${line.run % 12}` }),
        element('span', { class: 'name' }, name),
        element('b', {}, words),
      ),
    );
  const more = readings.length - SHOWN;
  return element(
    'div',
    { class: 'values', 'aria-hidden': 'true' },
    element('p', {}, `step ${withUnit('step', step)}`),
    element('ul', {}, ...rows),
    ...(more > 0 ? [element('p', {}, `and ${more} more`)] : []),
  );
}

/** Beside the cursor, on the side where there is room, within the figure; or below it. */
function place(box: HTMLElement, svg: SVGSVGElement, x: number, isBelow: boolean): void {
  const { width, height, top } = svg.getBoundingClientRect();
  const at = (x / CHART.width) * width;
  const free = x < (CHART.left + CHART.right) / 2 ? at + 12 : at - 12 - box.offsetWidth;
  box.style.left = `${Math.min(Math.max(free, 0), Math.max(0, width - box.offsetWidth))}px`;
  box.style.top = `${top - svg.parentElement!.getBoundingClientRect().top + (isBelow ? height : 8)}px`;
}

/** For those who hear the page. */
const speak = (words: string): void => {
  document.getElementById('spoken')!.textContent = words;
};
