export { binary } from './binary';
export { copyStrided, swapAxes } from './copy';
export { gather, segmentSum } from './gather';
export { gemm, gemmScratchBytes } from './gemm';
export { multiply4x8, multiply6x8 } from './micro-kernel';
export { maxAxis, sumAxis } from './reduce';
export { logicalAnd, select } from './select';
export { powWhole, unary } from './unary';
