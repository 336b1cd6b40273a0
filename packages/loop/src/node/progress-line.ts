/** The widest bar. */
const BAR = 24;
/** A narrower one says nothing. */
const SMALLEST_BAR = 6;
const BETWEEN = ' · ';

/** A part of a progress line, such as `loss 2.31`. */
export interface ProgressPart {
  readonly text: string;
  /** Of parts that do not fit into the line together, those of the smallest rank are shown. */
  readonly rank: number;
}

/**
 * A line on how far something is, no wider than a terminal: `████░░░░ 40 % · step 120/300 · loss 2.31`.
 *
 * Where there is little room the bar becomes narrower and goes, then whole parts do. A number is never cut.
 *
 * @param share How much is done, 0 to 1; undefined if nobody knows: then there is no bar.
 * @param parts In the order in which they are shown.
 * @param columns The width of the terminal.
 */
export function progressLine(
  share: number | undefined,
  parts: readonly ProgressPart[],
  columns: number,
): string {
  const kept = new Set<ProgressPart>();
  const text = () => parts.flatMap((part) => (kept.has(part) ? [part.text] : [])).join(BETWEEN);
  for (const part of [...parts].sort((a, b) => a.rank - b.rank)) {
    kept.add(part);
    if (text().length >= columns && kept.size > 1) kept.delete(part);
  }
  const width = Math.min(BAR, columns - text().length - 2);
  if (share === undefined || width < SMALLEST_BAR) return text();
  const full = Math.round(width * share);
  return `${'█'.repeat(full)}${'░'.repeat(width - full)} ${text()}`;
}
