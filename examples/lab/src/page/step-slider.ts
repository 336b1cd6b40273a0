import type uPlot from 'uplot';

const PAGE = 10;

/** Lets a keyboard move the pointer of a plot from step to step, as a slider that says what it points at. */
export function stepSlider(plot: uPlot, label: string, inWords: (step: number) => string) {
  const { over } = plot;
  over.tabIndex = 0;
  over.setAttribute('role', 'slider');
  over.setAttribute('aria-label', label);
  over.addEventListener('keydown', (event) => {
    const last = plot.data[0].length - 1;
    const from = plot.cursor.idx ?? last;
    const to = {
      ArrowLeft: from - 1,
      ArrowRight: from + 1,
      PageDown: from - PAGE,
      PageUp: from + PAGE,
      Home: 0,
      End: last,
    }[event.key];
    if (event.key === 'Escape') plot.setCursor({ left: -10, top: -10 });
    if (to === undefined) return;
    event.preventDefault();
    const step = plot.data[0][Math.min(last, Math.max(0, to))];
    plot.setCursor({ left: plot.valToPos(step, 'x'), top: plot.over.clientHeight / 2 });
  });

  return {
    /** @param step Where the pointer is; the last of all without it. */
    show(step = plot.data[0].at(-1) ?? 0): void {
      const values = { min: plot.data[0][0] ?? 0, max: plot.data[0].at(-1) ?? 0, now: step };
      for (const [name, value] of Object.entries(values))
        over.setAttribute(`aria-value${name}`, String(value));
      over.setAttribute('aria-valuetext', inWords(step));
    },
  };
}
