import { chain, scaleByAdam, scaleByLearningRate, sgd } from '@evenkeel/optim';
import { describeTransform } from '@evenkeel/testing';
import { afterEach, beforeEach, vi } from 'vitest';
import {
  cautious,
  modulaEmbedding,
  modulaMuon,
  muon,
  muonWithAdamW,
  nanochatMuon,
  normalizeUpdates,
} from './index.js';

// Of a cap that is small for the steps.
beforeEach(() => void vi.spyOn(console, 'warn').mockImplementation(() => {}));
afterEach(() => vi.restoreAllMocks());

describeTransform('muon', () => muon());
describeTransform('modulaMuon', () => modulaMuon({ weightDecay: 0.1 }));
describeTransform('modulaEmbedding', () => modulaEmbedding({ weightDecay: 0.1 }));
describeTransform('nanochatMuon', () => nanochatMuon({ weightDecay: 0.1 }));
describeTransform('muon with the RMS of AdamW', () => muon({ scale: 'adamwRms', weightDecay: 0.1 }));
describeTransform('muon with rows of equal length', () => muon({ equilibrateRows: true }));
describeTransform('muon, renormalised', () => muon({ renormalize: true, coefficients: 'polarExpress' }));
describeTransform('muon, evened out', () => muon({ beta2: 0.9 }));
describeTransform('cautious muon', () => muon({ cautious: true }));
describeTransform('muon with cautious decay', () => muon({ cautiousDecay: true, weightDecay: 0.3 }));
describeTransform('muonWithAdamW', () => muonWithAdamW());
describeTransform('normalizeUpdates', () => chain(sgd(), normalizeUpdates({ norm: 0.1 })));
describeTransform('normalizeUpdates by share', () => chain(sgd(), normalizeUpdates({ share: 0.1 })));
describeTransform('cautious', () => chain(cautious(scaleByAdam()), scaleByLearningRate(0.1)));
