import type { View } from './panel.js';

/** What a page shows first, and all that it shows without a script: more lines than there are colours say little. */
export const firstView = (names: readonly string[]): View => ({
  smoothing: 0,
  axis: undefined,
  hidden: new Set(names.flatMap((_, run) => (run >= 12 ? [run] : []))),
});
