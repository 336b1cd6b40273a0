import { alignment } from '../../alignment/result.js';
import { connectivity } from '../../connectivity/result.js';
import { grokadamw } from '../../grokadamw/result.js';
import { grokking } from '../../grokking/result.js';
import { lipschitzShakespeare } from '../../lipschitz-shakespeare/result.js';
import { stabilityBand } from '../../stability-band/result.js';
import type { AnyResult } from './result.js';

/** Every published result that is reproduced here, in the order of the root README. */
export const RESULTS: readonly AnyResult[] = [
  grokking,
  grokadamw,
  lipschitzShakespeare,
  stabilityBand,
  connectivity,
  alignment,
];
