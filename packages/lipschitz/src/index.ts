// Which step to take: Muon and its relatives.

export { cautious } from './cautious.js';
export { type ModulaEmbeddingOptions, modulaEmbedding } from './modula-embedding.js';
export { modulaMuon } from './modula-muon.js';
export {
  type ModulaTargetNorms,
  type ModulaTargetNormsOptions,
  modulaTargetNorms,
} from './modula-target-norms.js';
export { type MuonOptions, muon } from './muon.js';
export { Muon, type MuonWithAdamWOptions, muonWithAdamW } from './muon-with-adamw.js';
export { type NanochatSchedulesOptions, nanochatMuon, nanochatSchedules } from './nanochat-muon.js';
export type { CoefficientsName, NewtonSchulz } from './newton-schulz.js';
export { type NormalizeUpdatesOptions, normalizeUpdates } from './normalize-updates.js';
export { type OrthogonalizeOptions, orthogonalize } from './orthogonalize.js';
export { type PolarExpressOptions, polarExpress } from './polar-express.js';
export type { Quintic } from './quintic.js';

// Where weights may live: constraints that run after every step.

export { decoupledWeightDecay } from './constraints/decoupled-weight-decay.js';
export { type EmbeddingNormCapOptions, embeddingNormCap } from './constraints/embedding-norm-cap.js';
export { exactSpectralCap } from './constraints/exact-spectral-cap.js';
export { type HyperballOptions, hyperball } from './constraints/hyperball.js';
export { type LargestScoresOptions, largestScores } from './constraints/largest-scores.js';
export type { MatrixConstraint } from './constraints/matrix-constraint.js';
export { type HeadRows, type QkClipOptions, type QkPart, qkClip } from './constraints/qk-clip.js';
export { type RadialBrakeOptions, radialBrake } from './constraints/radial-brake.js';
export { softCap } from './constraints/soft-cap.js';
export { softCapCoupling } from './constraints/soft-cap-coupling.js';
export { type SpectralCapOptions, spectralCap } from './constraints/spectral-cap.js';
export { spectralHammer } from './constraints/spectral-hammer.js';
export { type PowerConstraintOptions, spectralNormalize } from './constraints/spectral-normalize.js';
export { type SpectralSoftCapOptions, spectralSoftCap } from './constraints/spectral-soft-cap.js';
export { type SpectralWeightDecayOptions, spectralWeightDecay } from './constraints/spectral-weight-decay.js';
export type { MatrixOptions } from './matrices.js';

// As published, where ours differs.

export {
  type PublishedSoftCapOptions,
  publishedHardCap,
  publishedSoftCap,
  publishedSoftCapCoupling,
} from './constraints/published.js';

// What the weights prove.

export { certifiedRadius } from './certificate/certified-radius.js';
export { describeGPT, type GPTLike } from './certificate/describe-gpt.js';
export {
  type LayerCertificate,
  type LipschitzCertificate,
  type LipschitzCertificateOptions,
  lipschitzCertificate,
} from './certificate/lipschitz-certificate.js';
export type {
  LipschitzBlock,
  LipschitzTransformerDescription,
  MlpDescription,
  ModelDescription,
} from './certificate/model-description.js';
export type { Nonlinearity, NonlinearityBounds } from './certificate/nonlinearity.js';
export {
  type PublishedLipschitzEstimate,
  type PublishedLipschitzOptions,
  type PublishedNorms,
  publishedLipschitzEstimate,
} from './certificate/published-lipschitz-estimate.js';
export type { MatrixValues, WeightLike } from './matrix-values.js';
export { type SpectralNormBoundOptions, spectralNormBound } from './spectral-norm-bound.js';

// What a search finds, and what low precision keeps.

export type { FloatFormat } from '@evenkeel/safetensors';
export {
  type ActivationMonitorOptions,
  type ActivationReport,
  type ActivationStatistics,
  activationMonitor,
  type Shares,
  type Tap,
} from './activations/activation-monitor.js';
export {
  type AdversarialAccuracy,
  type AdversarialAccuracyOptions,
  adversarialAccuracy,
} from './attack/adversarial-accuracy.js';
export { type EmpiricalLipschitzOptions, empiricalLipschitz } from './certificate/empirical-lipschitz.js';
export { type RoundToFormatOptions, roundToFormat } from './formats/round-to-format.js';
export { type PowerIterationOptions, spectralNormEstimate } from './power-iteration.js';
