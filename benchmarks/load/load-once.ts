// Loads a model once and prints what it took: a process of its own, so that the peak is this one's.

import { GPT } from '@evenkeel/gpt-model';
import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';

const [directory, backend, verify] = process.argv.slice(2);
await tf.setBackend(backend);
await tf.ready();
const before = process.resourceUsage().maxRSS * 1024;
const [wall, cpu] = [performance.now(), process.cpuUsage()];
const model = await GPT.load(directory, { verify: verify === 'true' });
const { user, system } = process.cpuUsage(cpu);
console.log(
  JSON.stringify({
    wallMs: Math.round(performance.now() - wall),
    cpuMs: Math.round((user + system) / 1000),
    weights: model.parameterCount * 4,
    before,
    peak: process.resourceUsage().maxRSS * 1024,
  }),
);
