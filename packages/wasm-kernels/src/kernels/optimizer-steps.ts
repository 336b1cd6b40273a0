import { util } from '@tensorflow/tfjs-core';
import type { Call, Kernel } from '../kernel.js';
import { AdamStep, EuclideanNorm, GrokAdamWStep, OrthogonalPart, SumOfSquares } from '../kernel-names.js';
import { checkInput, numberAttr } from './check-input.js';

const ADAM_ATTRS = ['beta1', 'beta2', 'epsilon', 'correction1', 'correction2', 'weightDecay', 'learningRate'];

/** The checked inputs, by offset once the outputs are made, and numbers of an Adam-like step. */
function prepareStep(name: string, { inputs, attrs, backend, offset }: Call, slots: readonly string[]) {
  const param = checkInput(name, inputs, 'param');
  const tensors = ['gradient', ...slots].map((input) => checkInput(name, inputs, input, param.shape));
  const [beta1, beta2, epsilon, correction1, correction2, weightDecay, learningRate] = ADAM_ATTRS.map(
    (attr) => numberAttr(name, attrs, attr),
  );
  const outputs = ['u', ...slots].map(() => backend.makeOutput(param.shape, 'float32'));
  const offsets = [...tensors, param, ...outputs].map(offset);
  return {
    outputs,
    tensorsAndCount: [...offsets, util.sizeFromShape(param.shape)],
    averages: [beta1, beta2, 1 - beta1, 1 - beta2],
    epsilon,
    rate: (-learningRate * Math.sqrt(correction2)) / correction1,
    rootCorrection2: Math.sqrt(correction2),
    decay: -learningRate * weightDecay,
  };
}

/** TypeScript cannot count the numbers in the arrays that are spread here. */
type Step = (...numbers: number[]) => void;

export const adamStep: Kernel = {
  name: AdamStep,
  attrs: ADAM_ATTRS,
  run(call) {
    const { outputs, tensorsAndCount, averages, epsilon, rate, rootCorrection2, decay } = prepareStep(
      AdamStep,
      call,
      ['m', 'v'],
    );
    const step = call.functions.adamStep as Step;
    step(...tensorsAndCount, ...averages, epsilon * rootCorrection2, rate, decay);
    return outputs;
  },
};

export const grokAdamWStep: Kernel = {
  name: GrokAdamWStep,
  attrs: [...ADAM_ATTRS, 'alpha', 'lambda', 'maxGradNorm'],
  run(call) {
    const { outputs, tensorsAndCount, averages, epsilon, rate, decay } = prepareStep(GrokAdamWStep, call, [
      'm',
      'v',
      'ema',
    ]);
    const [alpha, lambda, maxNorm] = ['alpha', 'lambda', 'maxGradNorm'].map((attr) =>
      numberAttr(GrokAdamWStep, call.attrs, attr),
    );
    const step = call.functions.grokAdamWStep as Step;
    step(...tensorsAndCount, ...averages, epsilon, rate, decay, alpha, 1 - alpha, lambda, maxNorm);
    return outputs;
  },
};

export const orthogonalPart: Kernel = {
  name: OrthogonalPart,
  attrs: ['rescale'],
  run({ inputs, attrs, backend, functions, scratch, offset }) {
    const param = checkInput(OrthogonalPart, inputs, 'param');
    const gradient = checkInput(OrthogonalPart, inputs, 'gradient', param.shape);
    const out = backend.makeOutput(param.shape, 'float32');
    const size = util.sizeFromShape(param.shape);
    const [g, w, u] = [gradient, param, out].map(offset);
    functions.orthogonalPart(scratch, g, w, u, size, Number(attrs.rescale));
    return out;
  },
};

export const sumOfSquares: Kernel = {
  name: SumOfSquares,
  attrs: [],
  run({ inputs, backend, functions, offset }) {
    const x = checkInput(SumOfSquares, inputs, 'x');
    const out = backend.makeOutput([], 'float32');
    functions.sumOfSquares(offset(x), offset(out), util.sizeFromShape(x.shape));
    return out;
  },
};

export const euclideanNorm: Kernel = {
  name: EuclideanNorm,
  attrs: ['unit'],
  run({ inputs, attrs, backend, functions, offset }) {
    const x = checkInput(EuclideanNorm, inputs, 'x');
    const out = backend.makeOutput([], 'float32');
    const unit = numberAttr(EuclideanNorm, attrs, 'unit', 1);
    functions.euclideanNorm(offset(x), offset(out), util.sizeFromShape(x.shape), unit);
    return out;
  },
};
