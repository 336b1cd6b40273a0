import type { TrainOptions } from './options.js';

/** Somebody who goes by a metric, such as `checkpoint.best` or early stopping. */
interface GoesBy {
  readonly who: string;
  readonly metric: string;
}

/** The metrics that options go by. */
export function metricsOf({ checkpoint, callbacks = [] }: TrainOptions): GoesBy[] {
  const best = typeof checkpoint === 'object' ? checkpoint.best : undefined;
  return [
    ...(best === undefined
      ? []
      : [{ who: 'checkpoint.best', metric: typeof best === 'string' ? best : best.metric }]),
    ...callbacks.flatMap(({ name = 'a callback', goesBy = [] }) =>
      goesBy.map((metric) => ({ who: name, metric })),
    ),
  ];
}

/**
 * Checks, once all that is measured has been measured, that the metrics somebody goes by are among it.
 *
 * @throws If one is not.
 */
export function checkMetrics(wanted: readonly GoesBy[], known: readonly string[]): void {
  for (const { who, metric } of wanted) {
    if (known.includes(metric)) continue;
    const meant = closest(metric, known);
    throw new Error(
      `train: ${who} goes by '${metric}', which no metric is called; expected one of ${known.join(', ')}.` +
        (meant ? ` Is '${meant}' meant?` : ''),
    );
  }
}

/** The name that a short or mis-spelt one means: its letters are all in that one in their order, or the other way round. */
function closest(name: string, known: readonly string[]): string | undefined {
  const given = lettersOf(name);
  return (
    known.find((each) => isWithin(given, lettersOf(each))) ??
    known.find((each) => isWithin(lettersOf(each), given))
  );
}

const lettersOf = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, '');

function isWithin(short: string, long: string): boolean {
  let at = 0;
  for (const letter of long) if (letter === short[at]) at += 1;
  return at === short.length;
}
