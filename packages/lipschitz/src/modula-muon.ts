import type { Transform } from '@evenkeel/optim';
import { type MuonOptions, muon } from './muon.js';

/**
 * Muon as the Lipschitz transformer trains with it: plain average, updates of RMS→RMS norm η · targetNorm.
 *
 *     m ← β m + (1 − β) g,     w ← (1 − η λ t) w − η t √(fanOut / fanIn) · orthogonalize(m),   t = targetNorm
 *
 * {@link muon} with `nesterov: false`, `scale: 'rmsToRms'` and the six-step schedule, which never overshoots.
 *
 * @throws As {@link muon}.
 * @see Newhouse et al. 2025; Large et al., "Scalable Optimization in the Modular Norm", 2024. See `modulaTargetNorms`.
 */
export const modulaMuon = (options: MuonOptions = {}): Transform =>
  muon({ nesterov: false, scale: 'rmsToRms', coefficients: 'sixStep', ...options });
