export { gemm, gemmScratchBytes } from './gemm';
export { multiply4x8, multiply6x8 } from './micro-kernel';
