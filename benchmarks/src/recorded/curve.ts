/** A number at some steps. */
export interface Curve {
  steps: number[];
  values: number[];
}

/** At most `points` of a curve, evenly spread, the first and the last among them. */
export function thin({ steps, values }: Curve, points = 60): Curve {
  if (steps.length <= points) return { steps, values };
  const kept = Array.from({ length: points }, (_, i) => Math.round((i * (steps.length - 1)) / (points - 1)));
  return { steps: kept.map((i) => steps[i]), values: kept.map((i) => values[i]) };
}
