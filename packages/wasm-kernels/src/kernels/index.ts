import type { Kernel } from '../kernel.js';
import { batchMatMul } from './batch-mat-mul.js';
import { fusedMatMul } from './fused-mat-mul.js';

/** Every kernel that installWasmKernels registers. */
export const kernels: readonly Kernel[] = [batchMatMul, fusedMatMul];
