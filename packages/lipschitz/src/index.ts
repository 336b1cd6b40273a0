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
export { certifiedRadius } from './certificate/certified-radius.js';
export { type EmpiricalLipschitzOptions, empiricalLipschitz } from './certificate/empirical-lipschitz.js';
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
export { type FloatFormat, type RoundToFormatOptions, roundToFormat } from './formats/round-to-format.js';
export type { MatrixValues, WeightLike } from './matrix-values.js';
export { type SpectralNormBoundOptions, spectralNormBound } from './spectral-norm-bound.js';
