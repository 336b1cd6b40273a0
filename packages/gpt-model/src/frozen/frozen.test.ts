import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeOnBackends, expectClose } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { afterAll, expect, it } from 'vitest';
import { GPT, generate, Lora } from '../index.js';

const CHECKPOINTS = new URL('../../fixtures/checkpoints/', import.meta.url).pathname;
const checkpoints = readdirSync(CHECKPOINTS);
const folder = mkdtempSync(join(tmpdir(), 'frozen-'));
afterAll(() => rmSync(folder, { recursive: true }));

const tokens = [
  [1, 5, 2, 30],
  [4, 4, 0, 9],
];
const labels = () => tf.tensor2d([5, 2, 30, 1, 4, 0, 9, 3], [2, 4], 'int32');

describeOnBackends('a frozen model', () => {
  it.each(checkpoints)(
    'has the same logits and loss, bit for bit, and generates and saves the same: %s',
    async (name) => {
      const place = join(CHECKPOINTS, name);
      const [model, frozen] = [await GPT.load(place), await GPT.load(place, { frozen: true })];
      expect(frozen.variables).toEqual([]);
      expect(frozen.parameterCount).toBe(model.parameterCount);
      expectClose(frozen.forward(tokens), model.forward(tokens).dataSync(), 0);
      expectClose(frozen.loss(labels(), tokens), model.loss(labels(), tokens).dataSync(), 0);
      expectClose(
        frozen.loss(labels(), tokens, { chunkSize: 7 }),
        model.loss(labels(), tokens, { chunkSize: 7 }).dataSync(),
        0,
      );
      const say = async (model: GPT) => {
        const said: number[] = [];
        const options = { maxTokens: 6, temperature: 0, endOfText: [] };
        for await (const token of generate(model, [1, 5, 2], options)) said.push(token);
        return said;
      };
      expect(await say(frozen)).toEqual(await say(model));
      const [one, other] = [await model.encodeSafetensors(), await frozen.encodeSafetensors()];
      expect(Buffer.compare(one['model.safetensors'], other['model.safetensors'])).toBe(0);
      expect(one['config.json']).toEqual(other['config.json']);
      model.dispose();
      frozen.dispose();
    },
  );

  it.each(['llama_f32_gqa', 'gpt2_prefix_f32', 'llama_sharded_f32_tied', 'gemma_bf16'])(
    'learns in its last block as the whole model does, bit for bit: %s',
    async (name) => {
      const place = join(CHECKPOINTS, name);
      const last = JSON.parse(readFileSync(join(place, 'config.json'), 'utf8'));
      const block = `blocks.${(last.num_hidden_layers ?? last.n_layer) - 1}.`;
      const model = await GPT.load(place, { config: { checkpointing: true } });
      const frozen = await GPT.load(place, {
        frozen: (parameter) => !parameter.startsWith(block),
        config: { checkpointing: true },
      });
      expect([...frozen.parameters.keys()].every((parameter) => parameter.startsWith(block))).toBe(true);
      const gradients = (model: GPT) => {
        const variables = [...model.parameters].filter(([parameter]) => parameter.startsWith(block));
        const { value, grads } = tf.variableGrads(
          () => model.loss(labels(), tokens),
          variables.map(([, variable]) => variable),
        );
        return { value, grads: variables.map(([parameter, { name }]) => [parameter, grads[name]] as const) };
      };
      const [want, got] = [gradients(model), gradients(frozen)];
      expectClose(got.value, want.value.dataSync(), 0);
      got.grads.forEach(([parameter, grad], i) => {
        expect(parameter).toBe(want.grads[i][0]);
        expectClose(grad, want.grads[i][1].dataSync(), 0);
      });
      model.dispose();
      frozen.dispose();
    },
  );

  it('carries adapters, with the gradients of a model in memory', async () => {
    const place = join(CHECKPOINTS, 'llama_f32_gqa');
    const gradients = async (options: object, chunkSize?: number) => {
      const model = await GPT.load(place, options);
      const lora = await Lora.load(
        model,
        join(CHECKPOINTS, '../adapters/llama_patterns_layer1_lm_head_saved'),
      );
      lora.attach();
      const { value, grads } = tf.variableGrads(
        () => model.loss(labels(), tokens, { chunkSize }),
        lora.variables,
      );
      const all = [value, ...lora.variables.map(({ name }) => grads[name])].map((one) => one.dataSync());
      if (model.frozen) expect(() => lora.detach() ?? lora.merge()).toThrow('is frozen outside of tfjs');
      lora.dispose();
      model.dispose();
      return all;
    };
    const want = await gradients({ config: { checkpointing: true } });
    const got = await gradients({ frozen: true });
    got.forEach((one, i) => {
      expectClose(one, want[i], 0);
    });
    const pieces = await gradients({ frozen: true }, 5);
    pieces.forEach((one, i) => {
      expectClose(one, want[i], { rtol: 1e-4, atol: 1e-5 });
    });
  });

  it('holds little more than a block in tfjs’s memory, and nothing between passes', async () => {
    const config = {
      architecture: 'llama',
      vocabSize: 64,
      contextLength: 8,
      layers: 12,
      heads: 4,
      width: 64,
    } as const;
    const whole = new GPT(config);
    await whole.saveSafetensors(join(folder, 'deep'), { dtype: 'BF16' });
    const bytes = 4 * whole.parameterCount;
    whole.dispose();
    const model = await GPT.load(join(folder, 'deep'), { frozen: true });
    const lora = new Lora(model, { rank: 1 });
    lora.attach();
    const resting = tf.memory().numBytes;
    let most = 0;
    const { makeTensorFromTensorInfo } = tf.engine();
    tf.engine().makeTensorFromTensorInfo = function (this: ReturnType<typeof tf.engine>, ...args) {
      const made = makeTensorFromTensorInfo.apply(this, args);
      most = Math.max(most, tf.memory().numBytes - resting);
      return made;
    };
    try {
      const { value, grads } = tf.variableGrads(
        () => model.loss(tf.ones([1, 2], 'int32'), [[1, 2]]),
        lora.variables,
      );
      tf.dispose([value, ...Object.values(grads)]);
    } finally {
      tf.engine().makeTensorFromTensorInfo = makeTensorFromTensorInfo;
    }
    expect(most).toBeGreaterThan(bytes / 16);
    expect(most).toBeLessThan(bytes / 4);
    expect(resting).toBeLessThan(bytes / 20);
    lora.dispose();
    model.dispose();
  });

  it('reads Blobs and buffers into memory as they are, and names what is not finite', async () => {
    const place = join(CHECKPOINTS, 'llama_bf16_llama3_tied');
    const read = (name: string) => readFileSync(join(place, name));
    const files = {
      'config.json': read('config.json'),
      'model.safetensors': new Blob([new Uint8Array(read('model.safetensors'))]),
    };
    const [model, local] = [await GPT.load(files, { frozen: /embed|blocks/ }), await GPT.load(place)];
    expect([...model.parameters.keys()]).toEqual(['norm.weight']);
    expectClose(model.forward(tokens), local.forward(tokens).dataSync(), 0);
    const wide = await GPT.load(files, { frozen: true, config: { expandHead: true } });
    const want = await GPT.load(files, { config: { expandHead: true } });
    expectClose(wide.forward(tokens), want.forward(tokens).dataSync(), 0);
    expect(() => model.forward([[40]])).toThrow('GPT.embed: tokens contain 40, expected 0 to 39');
    const damaged = new Uint8Array(read('model.safetensors'));
    damaged.fill(0xff, damaged.length - 64);
    const broken = await GPT.load({ ...files, 'model.safetensors': damaged }, { frozen: true });
    expect(() => broken.forward(tokens)).toThrow(/GPT: .* holds NaN at entry/);
    for (const one of [model, local, wide, want, broken]) one.dispose();
  });
});
