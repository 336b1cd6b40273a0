import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import {
  describedTokenizer,
  PRESETS,
  parseRunConfig,
  parseRunFile,
  type RunConfig,
  type RunFile,
} from '@evenkeel/trainer/config';
import { loadConfigFile } from '@evenkeel/trainer/node';
import { unlessRefused } from '../check-input.js';
import { edited } from '../edits.js';
import { bytesOf, type Files, jsonOf, target, textOf } from '../target.js';

const folder = mkdtempSync(join(tmpdir(), 'evenkeel-fuzz-config-'));
const grokking = PRESETS.grokking.config;
const lipschitz = {
  ...PRESETS['shakespeare-lipschitz'].config,
  data: { kind: 'text', file: 'x.txt', batchSize: 2 },
};

const yaml = `# a run
model: { architecture: mlp, hidden: [8, 8] }
data:
  kind: modularArithmetic
  modulus: &p 13
  operation: add
  trainFraction: 0.4
optimizer: { name: adamw, learningRate: 0.01, weightDecay: 0 }
steps: *p
seed: 1
`;

/** A run's config file. */
export const config = target<RunConfig>({
  inputs: edited([
    { 'run.yaml': bytesOf(yaml) },
    { 'run.json': jsonOf(grokking) },
    { 'run.json': jsonOf(lipschitz) },
    { 'run.jsonc': bytesOf(`// a run\n${JSON.stringify(lipschitz, undefined, 1)}`) },
  ]),
  refusal: /^(run config|config|the config file '.*'):? /,
  async read(files) {
    const [[name, bytes]] = Object.entries(files);
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return parseRunConfig(await loadConfigFile(path));
  },
  use(config) {
    const again = parseRunConfig(JSON.parse(JSON.stringify(config)));
    if (!isDeepStrictEqual(again, config)) throw new Error('use: the config is not the same.');
  },
});

const backend = { backend: 'cpu', kernels: false };
const mlp = { widths: [26, 8, 13], activation: 'relu', bias: true, seed: 1 };

/** A run.json. */
export const runFile = target<RunFile>({
  inputs: edited([
    {
      'run.json': jsonOf({
        format: 3,
        config: parseRunConfig(grokking),
        model: { mlp },
        dataSha256: {},
        backend,
      }),
    },
    {
      'run.json': jsonOf({
        ...{ format: 3, config: parseRunConfig(lipschitz), model: { gpt: { architecture: 'gpt2' } } },
        ...{ tokenizer: { characters: ['a', 'b'] }, dataSha256: { 'x.txt': '0'.repeat(64) }, backend },
        source: { directory: 'runs/a', run: 'f'.repeat(64) },
      }),
    },
  ] as Files[]),
  refusal: /^('run\.json' |run config: )/,
  read: (files) => parseRunFile(textOf(files['run.json']), 'run.json', 'runs/x/checkpoints'),
  async use(file) {
    await unlessRefused(/^characterTokenizer(Of)?: /, () => describedTokenizer(file));
  },
});
