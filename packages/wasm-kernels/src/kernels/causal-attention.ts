import type { TensorInfo } from '@tensorflow/tfjs-core';
import type { Call, Kernel } from '../kernel.js';
import { CausalAttention, CausalAttentionGrad } from '../kernel-names.js';
import { checkInput, numberAttr } from './check-input.js';

const ATTRS = ['scale', 'window'];

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
  const [k, v] = ['k', 'v'].map((input) => checkInput(name, inputs, input, [batch, keyHeads, time, width]));
  const scale = numberAttr(name, attrs, 'scale');
  const window = numberAttr(name, attrs, 'window', time);
  if (!(Number.isInteger(window) && window >= 1) && time > 0) {
    throw new Error(
      `${name}: attribute 'window' is ${window}, expected a whole number of at least 1. Leave it out to see all.`,
    );
  }
  const sizes = [batch * heads, heads / keyHeads, time, width, scale, Math.min(window, time)] as const;
  return { q, k, v, sizes, logSumShape: [batch, heads, time], time };
}

/** Runs `f` with working memory that lives in a tensor of tfjs's, so that it is freed and counted like one. */
function withScores(call: Call, time: number, f: (scores: number) => void): void {
  const scores: TensorInfo = call.backend.makeOutput(
    [call.functions.attentionScratchBytes(time) / 4],
    'float32',
  );
  f(call.offset(scores));
  call.backend.disposeData(scores.dataId);
}

export const causalAttention: Kernel = {
  name: CausalAttention,
  attrs: ATTRS,
  run(call) {
    const { q, k, v, sizes, logSumShape, time } = checkAttention(CausalAttention, call);
    const outputs = [q.shape, logSumShape].map((shape) => call.backend.makeOutput(shape, 'float32'));
    withScores(call, time, (scores) => {
      const [qAt, kAt, vAt, o, logSums] = [q, k, v, ...outputs].map(call.offset);
      call.functions.attention(call.scratch, scores, qAt, kAt, vAt, o, logSums, ...sizes);
    });
    return outputs;
  },
};

export const causalAttentionGrad: Kernel = {
  name: CausalAttentionGrad,
  attrs: ATTRS,
  run(call) {
    const name = CausalAttentionGrad;
    const { q, k, v, sizes, logSumShape, time } = checkAttention(name, call);
    const [o, dy] = ['o', 'dy'].map((input) => checkInput(name, call.inputs, input, q.shape));
    const logSums = checkInput(name, call.inputs, 'logSumExp', logSumShape);
    const outputs = [q, k, v].map(({ shape }) => call.backend.makeOutput(shape, 'float32'));
    withScores(call, time, (scores) => {
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
        ...sizes,
      );
    });
    return outputs;
  },
};
