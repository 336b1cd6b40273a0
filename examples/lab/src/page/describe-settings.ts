import { isText } from '../shared/run-config.js';
import { type Settings, shapeOf } from '../shared/settings.js';
import { CHOICES } from './choices.js';

/** Settings on a line: `Lipschitz GPT 1 × 32 · Ecclesiastes · Muon 0.05 · Soft cap 2 · 1000 steps`. */
export function describeSettings(settings: Settings): string {
  const { task, modulus, model, size, loss, optimizer, learningRate, constraint, strength, steps } = settings;
  const parts = [
    `${CHOICES.model[model]} ${shapeOf(size, model)}`,
    isText(task) ? CHOICES.task[task].split(',')[0] : `a + b mod ${modulus}`,
    ...(loss === 'softmax' ? [] : [CHOICES.loss[loss]]),
    `${CHOICES.optimizer[optimizer]} ${learningRate}`,
    ...(constraint === 'none' ? [] : [`${CHOICES.constraint[constraint]} ${strength}`]),
    `${steps} ${steps === 1 ? 'step' : 'steps'}`,
  ];
  return parts.join(' · ');
}
