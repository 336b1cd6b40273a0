import { parseHTML } from 'linkedom';
import { drawInstability, drawPath, type PlotOptions } from './draw.js';
import type { Path } from './error-along-path.js';
import type { Instability } from './instability-options.js';

export type { PlotOptions } from './draw.js';

const newDocument = () => parseHTML('<html></html>').document as unknown as Document;

/**
 * Draws a path: the measure against α, a line per split.
 *
 * @returns A standalone SVG.
 * @throws If the measure is not in the path.
 */
export const plotPath = (path: Path, options?: PlotOptions): string => drawPath(newDocument(), path, options);

/**
 * Draws an instability analysis: the barrier against the step at which the twins were forked, a line per split.
 *
 * @returns A standalone SVG.
 * @throws If the measure is not in the results.
 */
export const plotInstability = (results: readonly Instability[], options?: PlotOptions): string =>
  drawInstability(newDocument(), results, options);
