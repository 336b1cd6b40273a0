import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { adamW, TransformOptimizer } from '@evenkeel/optim';
import { encodeSafetensors, openSafetensors } from '@evenkeel/safetensors';
import { describeOnBackends, expectClose, type GoldenTensor, goldenCases } from '@evenkeel/testing';
import * as tf from '@tensorflow/tfjs';
import { afterAll, afterEach, expect, it, vi } from 'vitest';
import p9 from '../../fixtures/p9_lora.json' with { type: 'json' };
import { GPT, type GPTConfig, generate, Lora, type LoraConfig } from '../index.js';
import { project } from './adapting.js';

const FIXTURES = new URL('../../fixtures/', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'lora-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

interface Inputs extends Record<'x' | 'dy' | 'W' | 'A' | 'B', GoldenTensor> {
  b?: GoldenTensor;
  checkpoint: string;
  sequences: GoldenTensor[];
  adapter?: string;
  adapter_weights?: Record<string, GoldenTensor>;
}
interface Hyper {
  kind: 'layer' | 'adapter';
  fan_in_fan_out?: boolean;
  lora_bias?: boolean;
  scaling: number;
  config: { r: number; lora_alpha: number; target_modules: string[] };
}
interface Expected extends Record<'y' | 'grad_A' | 'grad_B' | 'grad_x', GoldenTensor> {
  state_dict_keys: string[];
  logits: GoldenTensor[];
  loss_token_mean: number;
  adapter_grads: Record<string, GoldenTensor>;
  adapter_grad_norms: Record<string, number>;
  merged_weight: Record<string, GoldenTensor>;
}
const cases = goldenCases<Inputs, Hyper, Expected>(p9);
const checkpoint = (inputs: Inputs) => join(FIXTURES, inputs.checkpoint.replace('models/', ''));
const floats = ({ data, shape }: GoldenTensor) => tf.tensor(data, shape, 'float32');

/** The adapter of a case, and its variables under PEFT's names. */
async function adapterOf(model: GPT, inputs: Inputs, { config }: Hyper) {
  const lora = await Lora.load(model, await filesOf(inputs, config));
  const store = await openSafetensors((await lora.encode())['adapter_model.safetensors']);
  const keys = [...store.tensors.keys()];
  return { lora, named: new Map(lora.variables.map((one, i) => [keys[i], one])) };
}

async function filesOf({ adapter, adapter_weights = {} }: Inputs, config: Hyper['config']) {
  if (adapter) return join(FIXTURES, adapter.replace('frontier/', ''));
  const tensors = Object.fromEntries(
    Object.entries(adapter_weights).map(([name, one]) => [name, floats(one)]),
  );
  const bytes = await encodeSafetensors(tensors);
  tf.dispose(tensors);
  return {
    'adapter_config.json': new TextEncoder().encode(JSON.stringify({ peft_type: 'LORA', ...config })),
    'adapter_model.safetensors': bytes,
  };
}

describeOnBackends('an adapter', () => {
  it.each(cases.filter(({ hyper }) => hyper.kind === 'layer' && !hyper.lora_bias))(
    'of one layer has the published output and gradients: $name',
    ({ inputs, hyper, expected, tolerance }) => {
      const W = hyper.fan_in_fan_out ? tf.transpose(floats(inputs.W)) : floats(inputs.W);
      const scales = new Map([['part.q', hyper.scaling]]);
      const adapting = {
        adapters: [{ name: 'lora', weights: {}, scales, dropout: 0.5 }],
        prefix: 'part.',
        training: false,
        seed: 0,
      };
      const forward = (x: tf.Tensor, A: tf.Tensor, B: tf.Tensor) => {
        const weights = {
          'q.weight': W,
          'q.lora.A': A,
          'q.lora.B': B,
          ...(inputs.b && { 'q.bias': floats(inputs.b) }),
        };
        return project(x, weights, 'q', adapting);
      };
      const given = [inputs.x, inputs.A, inputs.B].map(floats);
      expectClose(forward(given[0], given[1], given[2]), expected.y.data, tolerance('y'));
      const grads = tf.grads(forward)(given as [tf.Tensor, tf.Tensor, tf.Tensor], floats(inputs.dy));
      (['grad_x', 'grad_A', 'grad_B'] as const).forEach((name, i) => {
        expectClose(grads[i], expected[name].data, tolerance(name));
      });
    },
  );

  it.each(cases.filter(({ hyper }) => hyper.kind === 'adapter'))(
    'of a model has the published logits, loss and gradients, and merges: $name',
    async ({ inputs, hyper, expected, tolerance }) => {
      for (const checkpointing of [false, true]) {
        const model = await GPT.load(checkpoint(inputs), { config: { checkpointing } });
        const plain = model.forward([inputs.sequences[0].data]);
        const { lora, named } = await adapterOf(model, inputs, hyper);
        expect([...named.keys()].sort()).toEqual([...expected.state_dict_keys].sort());
        lora.attach();
        inputs.sequences.forEach(({ data }, i) => {
          expectClose(model.forward([data]), expected.logits[i].data, tolerance('logits'));
        });
        const rows = inputs.sequences.map(({ data }) => data);
        const labels = tf.tensor2d(
          rows.map((row) => row.slice(1)),
          undefined,
          'int32',
        );
        const { value, grads } = tf.variableGrads(() =>
          model.loss(
            labels,
            rows.map((row) => row.slice(0, -1)),
            { chunkSize: checkpointing ? 7 : undefined },
          ),
        );
        expect(Object.keys(grads).sort()).toEqual(lora.variables.map(({ name }) => name).sort());
        expectClose(value, expected.loss_token_mean, tolerance('loss_token_mean'));
        for (const [name, grad] of Object.entries(expected.adapter_grads)) {
          expectClose(grads[named.get(name)!.name], grad.data, tolerance('adapter_grads'));
        }
        for (const [name, norm] of Object.entries(expected.adapter_grad_norms)) {
          expectClose(tf.norm(grads[named.get(name)!.name]), norm, tolerance('adapter_grad_norms'));
        }
        lora.detach();
        expectClose(model.forward([inputs.sequences[0].data]), plain.dataSync(), 0);
        lora.merge();
        expectClose(model.forward([inputs.sequences[1].data]), expected.logits[1].data, tolerance('logits'));
        const saved = await openSafetensors((await model.encodeSafetensors())['model.safetensors']);
        for (const [name, weight] of Object.entries(expected.merged_weight)) {
          expectClose((await saved.read(name)) as Float32Array, weight.data, tolerance('merged_weight'));
        }
        lora.unmerge();
        expectClose(model.forward([inputs.sequences[0].data]), plain.dataSync(), { rtol: 1e-4, atol: 1e-4 });
        lora.dispose();
        model.dispose();
      }
    },
  );

  const config: GPTConfig = {
    architecture: 'llama',
    vocabSize: 11,
    contextLength: 8,
    layers: 2,
    heads: 2,
    width: 8,
  };

  it('changes nothing at first, learns while the model stays, and comes back from PEFT’s files bit for bit', async () => {
    const model = new GPT({ ...config, head: 'stablemax' }, { seed: 1 });
    const before = model.variables.map((one) => one.dataSync().slice());
    const plain = model.forward([[1, 2, 3]]).dataSync();
    const lora = new Lora(model, {
      rank: 2,
      alpha: 8,
      rankStabilized: true,
      dropout: 0.5,
      saved: ['lm_head'],
      blocks: [1],
    });
    lora.attach();
    expectClose(model.forward([[1, 2, 3]]), plain, 0);
    const optimizer = new TransformOptimizer(adamW({ learningRate: 0.05 }));
    const labels = tf.tensor2d([[2, 3, 4]], [1, 3], 'int32');
    const loss = (pass: object = {}) => model.loss(labels, [[1, 2, 3]], pass);
    const [first] = loss().dataSync();
    for (let seed = 0; seed < 10; seed++) {
      optimizer.minimize(() => loss({ training: true, seed }), false, lora.variables);
    }
    expect(loss().dataSync()[0]).toBeLessThan(first - 0.1);
    for (const [i, one] of model.variables.entries()) expectClose(one, before[i], 0);
    await lora.save(join(folder, 'own'));
    const again = await Lora.load(model, join(folder, 'own'), { name: 'again' });
    expect([...again.scales]).toEqual([...lora.scales]);
    expect(again.dropout).toBe(0.5);
    for (const [i, one] of lora.variables.entries()) expectClose(again.variables[i], one.dataSync(), 0);
    const learned = model.forward([[1, 2, 3]]).dataSync();
    const tokens = [];
    for await (const token of generate(model, [1], { maxTokens: 4, temperature: 0 })) tokens.push(token);
    expect(tokens).toHaveLength(4);
    lora.detach();
    again.attach();
    expectClose(model.forward([[1, 2, 3]]), learned, 0);
    expect(model.variables.every(({ trainable }) => !trainable)).toBe(true);
    again.dispose();
    expect(model.variables.every(({ trainable }) => trainable)).toBe(true);
    expectClose(model.forward([[1, 2, 3]]), plain, 0);
    optimizer.dispose();
    lora.dispose();
    model.dispose();
  });

  it('drops entries of its input in training alone, by the seed', () => {
    const model = new GPT(config, { seed: 1 });
    const lora = new Lora(model, { rank: 4, dropout: 0.5 });
    for (const one of lora.variables) tf.tidy(() => one.assign(tf.add(one, 0.3)));
    lora.attach();
    const pass = (options: object) => model.forward([[1, 2, 3]], options).dataSync();
    expect(pass({ training: true, seed: 1 })).toEqual(pass({ training: true, seed: 1 }));
    expect(pass({ training: true, seed: 1 })).not.toEqual(pass({ training: true, seed: 2 }));
    expect(pass({ training: false, seed: 1 })).toEqual(pass({}));
    lora.dispose();
    model.dispose();
  });

  it('adds up with others, stands beside a head, and a fused matrix has one', () => {
    const model = new GPT({ ...config, fusedQkv: true, fusedGate: true }, { seed: 1 });
    const [a, b] = ['a', 'b'].map(
      (name, seed) => new Lora(model, { name, seed, rank: 1, targets: ['qkv_proj', 'lm_head'] }),
    );
    expect([...a.parameters.keys()].filter((name) => name.endsWith('A'))).toEqual([
      'blocks.0.attention.qkv.a.A',
      'blocks.1.attention.qkv.a.A',
      'head.a.A',
    ]);
    for (const lora of [a, b]) for (const one of lora.variables) tf.tidy(() => one.assign(tf.add(one, 0.1)));
    const plain = model.forward([[1, 2]]).dataSync();
    a.attach();
    b.attach();
    const both = model.forward([[1, 2]]).dataSync();
    const loss = model.loss(tf.tensor2d([[2, 3]], [1, 2], 'int32'), [[1, 2]], { chunkSize: 3 });
    expect(Number.isFinite(loss.dataSync()[0])).toBe(true);
    a.detach();
    b.detach();
    a.merge();
    b.attach();
    expectClose(model.forward([[1, 2]]), both, { rtol: 1e-4, atol: 1e-5 });
    expect(both).not.toEqual(plain);
    a.unmerge();
    a.dispose();
    b.dispose();
    model.dispose();
  });

  it.each<[LoraConfig & { name?: string }, string]>([
    [{ targets: ['query'] }, "Lora: no layer is named 'query', expected some of q_proj, k_proj"],
    [{ targets: 'model\\.query' }, 'Lora: no layer matches targets "model\\\\.query"'],
    [{ targets: '(' }, "Lora: '(' is no regular expression"],
    [{ targets: '(a+)+$' }, "Lora: '(a+)+$' repeats a group"],
    [{ blocks: [7] }, 'Lora: no layer matches targets "all-linear" in blocks 7'],
    [{ rank: 0 }, 'Lora: rank is 0, expected a whole number ≥ 1'],
    [{ rankPattern: { q_proj: 1.5 } }, 'Lora: rank is 1.5'],
    [{ alpha: Number.NaN }, 'Lora: alpha is NaN'],
    [{ dropout: 1 }, 'Lora: dropout is 1, expected 0 to below 1'],
    [{ saved: ['nothing'] }, "Lora: no layer is named 'nothing'"],
    [{ name: 'a.b' }, "Lora: name is 'a.b'"],
  ])('refuses %j', (options, message) => {
    const model = new GPT(config);
    expect(() => new Lora(model, options)).toThrow(message);
    model.dispose();
  });

  it('refuses a tied head, a second of its name, and what its state does not allow', () => {
    const model = new GPT({ ...config, tiedHead: true });
    expect(() => new Lora(model, { targets: ['lm_head'] })).toThrow('A tied head cannot be adapted.');
    const lora = new Lora(model);
    expect(() => new Lora(model)).toThrow("Lora: the model has an adapter 'lora' that is alive");
    lora.attach();
    expect(() => lora.attach()).toThrow('Lora.attach: the adapter is attached, expected it to be apart.');
    expect(() => lora.merge()).toThrow('Lora.merge: the adapter is attached');
    lora.detach();
    expect(() => lora.unmerge()).toThrow('Lora.unmerge: the adapter is apart');
    lora.dispose();
    model.dispose();
  });

  const qv = join(FIXTURES, 'adapters/llama_qv_r4');
  const peft = JSON.parse(readFileSync(join(qv, 'adapter_config.json'), 'utf8'));
  it.each<[object, string]>([
    [{ peft_type: 'IA3' }, 'Lora.load: adapter_config.json has peft_type "IA3", expected "LORA"'],
    [{ use_dora: true }, 'use_dora true, expected false'],
    [{ bias: 'all' }, 'bias "all", expected "none"'],
    [{ lora_bias: true }, 'lora_bias true, expected false'],
    [{ r: 'x' }, 'r "x", expected a whole number ≥ 1'],
    [{ alpha_pattern: { q_proj: 'x' } }, 'alpha_pattern {"q_proj":"x"}, expected an object of numbers'],
    [
      { target_modules: ['q_proj'] },
      'Lora.load: not understood are base_model.model.model.layers.0.self_attn.v_proj.lora_A',
    ],
    [
      { target_modules: ['q_proj', 'v_proj', 'k_proj'] },
      'missing are base_model.model.model.layers.0.self_attn.k_proj',
    ],
    [{ r: 2 }, 'lora_A.weight is F32 [4,32], expected floats [2,32]'],
  ])('refuses PEFT’s %j by name, and leaves nothing behind', async (change, message) => {
    const model = await GPT.load(join(FIXTURES, 'checkpoints/llama_f32_gqa'));
    const files = {
      'adapter_config.json': new TextEncoder().encode(JSON.stringify({ ...peft, ...change })),
      'adapter_model.safetensors': readFileSync(join(qv, 'adapter_model.safetensors')),
    };
    const before = tf.memory().numTensors;
    await expect(Lora.load(model, files)).rejects.toThrow(message);
    expect(tf.memory().numTensors).toBe(before);
    model.dispose();
  });

  it('says what it does not know, and what is missing', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const model = await GPT.load(join(FIXTURES, 'checkpoints/llama_f32_gqa'));
    await expect(Lora.load(model, folder)).rejects.toThrow('Lora.load: there is no adapter_config.json');
    const files = {
      'adapter_config.json': new TextEncoder().encode(JSON.stringify({ ...peft, mystery: 1 })),
      'adapter_model.safetensors': readFileSync(join(qv, 'adapter_model.safetensors')),
    };
    (await Lora.load(model, files)).dispose();
    expect(warn.mock.calls.flat().join()).toContain(
      'adapter_config.json has fields that are not known: mystery.',
    );
    expect(readdirSync(join(FIXTURES, 'adapters'))).toHaveLength(6);
    model.dispose();
  });
});
