import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Call, Kernel } from '../kernel.js';
import { CausalAttention, CausalAttentionGrad } from '../kernel-names.js';
import { checkInput, numberAttr } from './check-input.js';

const ATTRS = ['scale', 'offset', 'window', 'dropout', 'seed'];

/** Checks queries, keys and values, and reads the sizes off them. */
function checkAttention(name: string, { inputs, attrs }: Call) {
  const q = checkInput(name, inputs, 'q');
  const [batch, heads, time, width] = q.shape;
  const keyHeads = inputs.k?.shape[1] ?? 0;
  if (q.shape.length !== 4 || keyHeads < 1 || heads % keyHeads !== 0) {
    throw new Error(
      `${name}: q has shape [${q.shape}] and k [${inputs.k?.shape}], expected [batch, heads, time, width] and a ` +
        'number of heads that divides those of q. Reshape or repeat them.',
    );
  }
  const timeK = inputs.k.shape[2];
  const [k, v] = ['k', 'v'].map((input) => checkInput(name, inputs, input, [batch, keyHeads, timeK, width]));
  const scale = numberAttr(name, attrs, 'scale');
  const offset = numberAttr(name, attrs, 'offset', timeK - time);
  const window = numberAttr(name, attrs, 'window', timeK);
  const seed = numberAttr(name, attrs, 'seed', 0);
  const dropout = numberAttr(name, attrs, 'dropout', 0);
  requireRange(name, 'offset', offset, isWhole(offset) && offset + time <= timeK, 'from 0 to timeK − time');
  requireRange(name, 'window', window, isWhole(window) && (window >= 1 || timeK === 0), 'of at least 1');
  requireRange(name, 'seed', seed, isWhole(seed) && seed < 2 ** 32, 'below 2³²');
  if (!(dropout >= 0 && dropout < 1)) {
    throw new Error(
      `${name}: attribute 'dropout' is ${dropout}, expected 0 to below 1. It is the share to drop.`,
    );
  }
  const numbers = [
    ...[batch * heads, heads / keyHeads, time, timeK, width, scale, offset, Math.min(window, timeK)],
    ...[seed, Math.floor(dropout * 2 ** 32), 1 / (1 - dropout)],
  ] as const;
  return { q, k, v, numbers, logSumShape: [batch, heads, time], time, timeK };
}

const isWhole = (x: number): boolean => Number.isInteger(x) && x >= 0;

function requireRange(name: string, attr: string, value: number, fits: boolean, expected: string): void {
  if (fits) return;
  throw new Error(
    `${name}: attribute '${attr}' is ${value}, expected a whole number ${expected}. Leave it out for the default.`,
  );
}

/** Runs `f` with working memory that lives in a tensor of tfjs's, so that it is freed and counted like one. */
function withScores(call: Call, time: number, timeK: number, f: (scores: number) => void): void {
  const scores: TensorInfo = call.backend.makeOutput(
    [call.functions.attentionScratchBytes(time, timeK) / 4],
    'float32',
  );
  f(call.offset(scores));
  call.backend.disposeData(scores.dataId);
}

export const causalAttention: Kernel = {
  name: CausalAttention,
  attrs: ATTRS,
  run(call) {
    const { q, k, v, numbers, logSumShape, time, timeK } = checkAttention(CausalAttention, call);
    const outputs = [q.shape, logSumShape].map((shape) => call.backend.makeOutput(shape, 'float32'));
    withScores(call, time, timeK, (scores) => {
      const [qAt, kAt, vAt, o, logSums] = [q, k, v, ...outputs].map(call.offset);
      call.functions.attention(call.scratch, scores, qAt, kAt, vAt, o, logSums, ...numbers);
    });
    return outputs;
  },
};

export const causalAttentionGrad: Kernel = {
  name: CausalAttentionGrad,
  attrs: ATTRS,
  run(call) {
    const name = CausalAttentionGrad;
    const { q, k, v, numbers, logSumShape, time, timeK } = checkAttention(name, call);
    const [o, dy] = ['o', 'dy'].map((input) => checkInput(name, call.inputs, input, q.shape));
    const logSums = checkInput(name, call.inputs, 'logSumExp', logSumShape);
    const outputs = [q, k, v].map(({ shape }) => call.backend.makeOutput(shape, 'float32'));
    withScores(call, time, timeK, (scores) => {
      const [qAt, kAt, vAt, oAt, sums, d, dq, dk, dv] = [q, k, v, o, logSums, dy, ...outputs].map(
        call.offset,
      );
      call.functions.attentionBackward(
        call.scratch,
        scores,
        qAt,
        kAt,
        vAt,
        oAt,
        sums,
        d,
        dq,
        dk,
        dv,
        ...numbers,
      );
    });
    return outputs;
  },
};
