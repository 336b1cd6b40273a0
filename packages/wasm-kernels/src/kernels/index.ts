import type { Kernel } from '../kernel.js';
import { activationKernels } from './activations.js';
import { batchMatMul } from './batch-mat-mul.js';
import { binaryKernels } from './binary.js';
import { causalAttention, causalAttentionGrad } from './causal-attention.js';
import { convolutionKernels } from './convolution.js';
import { reverse, tile } from './copies.js';
import { crossEntropyKernels } from './cross-entropy.js';
import { depthwiseKernels } from './depthwise.js';
import { einsum } from './einsum.js';
import { fusedMatMul } from './fused-mat-mul.js';
import { gather } from './gather.js';
import { identity } from './identity.js';
import { linear, linearGrad } from './linear.js';
import { maxPoolGrad } from './max-pool-grad.js';
import { normKernels } from './norms.js';
import { adamStep, euclideanNorm, grokAdamWStep, orthogonalPart, sumOfSquares } from './optimizer-steps.js';
import { paddingKernels } from './padding.js';
import { pow } from './pow.js';
import { max, mean, sum } from './reduce.js';
import { rotaryEmbedding } from './rotary-embedding.js';
import { logicalAnd, select } from './select.js';
import { slice, splitV } from './slice.js';
import { symmetricProduct } from './symmetric-product.js';
import { transpose } from './transpose.js';
import { unaryKernels } from './unary.js';
import { unsortedSegmentSum } from './unsorted-segment-sum.js';

/** Every kernel that installWasmKernels registers. */
export const kernels: readonly Kernel[] = [
  batchMatMul,
  fusedMatMul,
  unsortedSegmentSum,
  einsum,
  gather,
  transpose,
  identity,
  slice,
  splitV,
  tile,
  reverse,
  sum,
  mean,
  max,
  select,
  logicalAnd,
  pow,
  ...unaryKernels,
  ...binaryKernels,
  linear,
  linearGrad,
  symmetricProduct,
  adamStep,
  grokAdamWStep,
  orthogonalPart,
  sumOfSquares,
  euclideanNorm,
  ...normKernels,
  ...activationKernels,
  rotaryEmbedding,
  ...crossEntropyKernels,
  causalAttention,
  causalAttentionGrad,
  ...convolutionKernels,
  ...depthwiseKernels,
  maxPoolGrad,
  ...paddingKernels,
];
