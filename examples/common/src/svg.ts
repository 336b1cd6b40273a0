import * as Plot from '@observablehq/plot';
import { parseHTML } from 'linkedom';

/**
 * A plot as a standalone SVG, drawn without a page.
 *
 * @param style CSS of the whole, such as its background.
 */
export function svgOf(options: Plot.PlotOptions, style?: string): string {
  const { document } = parseHTML('<html></html>');
  const svg = Plot.plot({ document: document as unknown as Document, ...options });
  svg.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  if (style !== undefined) svg.setAttribute('style', style);
  return svg.outerHTML;
}
