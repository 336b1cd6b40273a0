import type { Settings } from '../shared/settings.js';

/** What may be chosen, in words, by setting. */
export const CHOICES = {
  task: {
    ecclesiastes: 'Ecclesiastes, letter by letter (built in)',
    shakespeare: 'Shakespeare, letter by letter',
    'own-text': 'Own text, letter by letter',
    modularArithmetic: 'Modular arithmetic: a + b mod p',
  },
  model: {
    lipschitz: 'Lipschitz GPT',
    gpt2: 'GPT-2',
    llama: 'Llama',
    mlp: 'MLP',
  },
  size: {
    tiny: 'Tiny',
    small: 'Small',
    medium: 'Medium',
    large: 'Large',
  },
  loss: {
    softmax: 'Softmax',
    stablemax: 'StableMax',
    logStablemax: 'Log-StableMax',
  },
  optimizer: {
    adamw: 'AdamW',
    'orthogonal-adamw': '⊥AdamW',
    grokadamw: 'GrokAdamW',
    muon: 'Muon',
  },
  constraint: {
    none: 'None',
    decoupledWeightDecay: 'Weight decay',
    softCap: 'Soft cap',
    spectralCap: 'Spectral cap',
    hammer: 'Hammer',
    normalize: 'Normalize',
  },
  backend: {
    wasm: 'WASM, our kernels (any browser)',
    webgl: 'WebGL (graphics card)',
    webgpu: 'WebGPU (graphics card, newest)',
  },
} as const satisfies { [Name in keyof Settings]?: Readonly<Record<string, string>> };
