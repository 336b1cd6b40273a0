import { util } from '@tensorflow/tfjs-core';
import type { Kernel } from '../kernel.js';
import { AdamStep, OrthogonalPart, SumOfSquares } from '../kernel-names.js';
import { checkInput, numberAttr } from './check-input.js';

const ADAM_ATTRS = ['beta1', 'beta2', 'epsilon', 'correction1', 'correction2', 'weightDecay', 'learningRate'];

export const adamStep: Kernel = {
  name: AdamStep,
  attrs: ADAM_ATTRS,
  run({ inputs, attrs, backend, functions, offset }) {
    const param = checkInput(AdamStep, inputs, 'param');
    const tensors = ['gradient', 'm', 'v'].map((name) => checkInput(AdamStep, inputs, name, param.shape));
    const [beta1, beta2, epsilon, correction1, correction2, decay, learningRate] = ADAM_ATTRS.map((name) =>
      numberAttr(AdamStep, attrs, name),
    );
    const outputs = [0, 1, 2].map(() => backend.makeOutput(param.shape, 'float32'));
    const [g, m, v, w, u, nextM, nextV] = [...tensors, param, ...outputs].map(offset);
    functions.adamStep(
      ...[g, m, v, w, u, nextM, nextV, util.sizeFromShape(param.shape), beta1, beta2, 1 - beta1, 1 - beta2],
      ...[epsilon, correction1, correction2, decay, -learningRate],
    );
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
