export type { MatrixValues, WeightLike } from './matrix-values.js';
export { type SpectralNormBoundOptions, spectralNormBound } from './spectral-norm-bound.js';
