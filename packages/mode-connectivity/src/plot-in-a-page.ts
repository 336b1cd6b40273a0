import { drawInstability, drawPath } from './draw.js';
import type { plotInstability as instabilityInNode, plotPath as pathInNode } from './plot.js';

// What a bundler takes for a page in the place of plot.ts: a page has a document.

export type { PlotOptions } from './draw.js';

export const plotPath: typeof pathInNode = (path, options) => drawPath(document, path, options);

export const plotInstability: typeof instabilityInNode = (results, options) =>
  drawInstability(document, results, options);
