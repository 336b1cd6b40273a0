import type { MetricRecord } from '@evenkeel/loop';
import { parseRunConfig } from '../src/config/schema.js';
import type { ReportRun } from '../src/report/report-run.js';

/** Numbers from 0 to 1, the same in every test. */
function numbersFrom(seed: number): () => number {
  let state = seed * 2654435761 + 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Runs that look as such do: losses that fall, accuracies that rise late, a speed that varies. */
export const exampleRuns = (count: number, records: number): ReportRun[] =>
  Array.from({ length: count }, (_, i) => {
    const seed = i % 3;
    const rate = [0.003, 0.01, 0.03, 0.1][Math.floor(i / 3) % 4];
    const config = parseRunConfig({
      data: { kind: 'modularArithmetic' },
      model: { architecture: 'mlp', hidden: [64] },
      optimizer: { name: 'muon', learningRate: rate },
      loss: i % 2 ? 'stablemax' : 'softmax',
      seed,
    });
    return {
      name: count === 1 ? 'grokking' : `rate ${rate}, seed ${seed}`,
      run: undefined,
      config,
      systems: [{ backend: 'wasm', node: '22.0.0' }],
      samples: [{ step: 100, sample: 'Once upon a time there was a run that learned.' }],
      records: recordsOf(i, rate, records),
    };
  });

function recordsOf(run: number, rate: number, count: number): MetricRecord[] {
  const random = numbersFrom(run + 1);
  return Array.from({ length: count }, (_, i) => {
    const part = i / count;
    const loss = 4.7 * Math.exp(-part * (6 + 100 * rate)) + 0.002 * (run + 1);
    const late = 1 / (1 + Math.exp(-20 * (part - 0.4 - 0.03 * run)));
    return {
      step: i + 1,
      seconds: i * 0.05,
      loss: loss * (0.7 + 0.6 * random()),
      ...(i % 20 === 19
        ? {
            validationLoss: 4.7 * (1 - late) + 0.05 * (run + 1) * (0.9 + 0.2 * random()),
            validationAccuracy: late * (0.96 + 0.04 * random()),
          }
        : {}),
      accuracy: Math.min(1, part * 3),
      learningRate: rate,
      'learningRate/muon': rate * (1 - part),
      'learningRate/adam': 0.001 * (1 - part),
      gradientNorm: loss * (0.5 + random()),
      updateRatio: 1e-3 * (0.5 + random()),
      [run % 2 ? 'stablemaxCollapse' : 'softmaxCollapse']: run % 2 ? 0 : Math.min(1, part * part),
      largestActivation: 3 + 40 * part,
      log10Lipschitz: 2 + part,
      tokensPerSecond: 12_000 + 2000 * random(),
    };
  });
}
