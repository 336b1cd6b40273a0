import { makeFolder, writeAtomicFile } from '@evenkeel/files';
import { encodeSafetensors, openSafetensors, saveSafetensors } from '@evenkeel/safetensors';
import {
  add,
  dispose,
  engine,
  matMul,
  mul,
  type Tensor,
  type Tensor2D,
  tensor,
  tidy,
  type Variable,
  variable,
  zeros,
} from '@tensorflow/tfjs-core';
import type { GPT } from '../gpt.js';
import type { HubOptions, ModelSource } from '../loading/model-source.js';
import { openModelFolder } from '../loading/open-model-folder.js';
import { isTransposed } from '../loading/published-names.js';
import { toPublished } from '../loading/to-published.js';
import { parameterShapes } from '../parameters.js';
import { checkSeed, type Random, randomSource } from '../random.js';
import type { Weights } from '../weights.js';
import type { Adapter } from './adapting.js';
import { type AdaptedLayer, checkLoraConfig, type LoraConfig, selectLayers } from './lora-config.js';
import { adaptableLayers, modulePath } from './module-paths.js';
import { fromPeft, toPeft } from './peft-config.js';

export interface LoraOptions extends LoraConfig {
  /** Tells adapters of one model apart. Default 'lora'. */
  readonly name?: string;
  /** Decides the initial A, a whole number from 0 to 2³² − 1. Default 0. */
  readonly seed?: number;
}

export interface LoadLoraOptions extends HubOptions {
  /** As for a new one. */
  readonly name?: string;
}

/**
 * An adapter: a low-rank detour beside matrices of a model, which learns in the model's place.
 *
 *     y = W x + b + s B A x          A [r, in], B [out, r]          s = α / r, or α / √r
 *
 * Starts with B = 0, so that the model is at first what it was. While it is attached, the model's own parameters are not
 * trainable and no gradient of them is computed. Several adapters of one model can be attached, one after the other or together.
 *
 * @example
 * const lora = new Lora(model, { rank: 16, alpha: 32, targets: ['q_proj', 'v_proj'] });
 * lora.attach();
 * optimizer.minimize(() => model.loss(labels, tokens), false, lora.variables);
 * await lora.save('adapter'); // as Python's PEFT reads it
 * @see Hu et al., "LoRA: Low-Rank Adaptation of Large Language Models", 2021. https://arxiv.org/abs/2106.09685
 * @see Kalajdzievski, "A Rank Stabilization Scaling Factor for Fine-Tuning with LoRA", 2023. https://arxiv.org/abs/2312.03732
 */
export class Lora implements Adapter {
  readonly name: string;
  readonly config: LoraConfig;
  readonly dropout: number;
  /** Its variables by name: `blocks.0.attention.q.lora.A` and `.B`, and whole parameters under their own names. */
  readonly parameters: ReadonlyMap<string, Variable>;
  readonly scales: ReadonlyMap<string, number>;
  private readonly layers: readonly AdaptedLayer[];
  private state: 'apart' | 'attached' | 'merged' = 'apart';

  /**
   * @throws If a choice is out of range, no layer matches, or the model has an adapter of that name.
   */
  constructor(
    private readonly model: GPT,
    options: LoraOptions = {},
  ) {
    const { name = 'lora', seed = 0, ...config } = options;
    checkSeed('Lora', seed);
    if (!/^\w+$/.test(name)) throw new Error(`Lora: name is '${name}', expected letters and digits.`);
    checkLoraConfig('Lora', config);
    this.name = name;
    this.config = config;
    this.dropout = config.dropout ?? 0;
    this.layers = selectLayers('Lora', adaptableLayers(model.config), config);
    this.scales = new Map(this.layers.map(({ matrix, scale }) => [matrix, scale]));
    const saved = savedParameters(model, config.saved ?? []);
    this.parameters = this.create(saved, seed);
  }

  /**
   * Reads an adapter as Python's PEFT stores it: `adapter_config.json` and `adapter_model.safetensors`.
   *
   * @param source A directory, a web address, a hub id or files, as for `GPT.load`.
   * @throws If a file is missing or damaged, the config asks for what is not supported, or tensors are missing, unexpected
   *     or of another shape, by name. Nothing is left behind.
   */
  static async load(model: GPT, source: ModelSource, options: LoadLoraOptions = {}): Promise<Lora> {
    const { name, ...hub } = options;
    const folder = await openModelFolder(source, hub);
    const peft = await folder.json('adapter_config.json');
    const file = await folder.find('adapter_model.safetensors');
    if (!peft || file === undefined) {
      throw new Error(
        `Lora.load: there is no ${peft ? 'adapter_model.safetensors' : 'adapter_config.json'}, expected both. ` +
          'Is it the folder of an adapter?',
      );
    }
    const { config, unknown } = fromPeft(peft);
    if (unknown.length > 0) {
      console.warn(
        `Lora.load: adapter_config.json has fields that are not known: ${unknown.slice(0, 8).join(', ')}. The adapter is ` +
          'right only if they change nothing.',
      );
    }
    const lora = new Lora(model, { ...config, name });
    try {
      await lora.read(file);
      return lora;
    } catch (error) {
      lora.dispose();
      throw error;
    }
  }

  /** What an optimizer takes. */
  get variables(): Variable[] {
    return [...this.parameters.values()];
  }

  /** Its tensors by name, for the model. */
  get weights(): Weights {
    return Object.fromEntries(this.parameters);
  }

  /** From now on the model computes with it. @throws If it is merged, or another of its name is attached. */
  attach(): void {
    this.require('attach', 'apart');
    this.model.attach(this);
    this.state = 'attached';
  }

  /** The model is without it again, and trainable if it was the last. */
  detach(): void {
    this.require('detach', 'attached');
    this.model.detach(this);
    this.state = 'apart';
  }

  /**
   * Adds it to the model's own matrices, W + s B A, which then compute as fast as before and can be saved as a whole.
   *
   * @throws If it is attached: detach it first; or if the model keeps such a matrix frozen outside of tfjs's memory.
   */
  merge(): void {
    this.require('merge', 'apart');
    const { frozen } = this.model;
    const changed = [...this.layers.map(({ matrix }) => `${matrix}.weight`), ...this.parameters.keys()];
    const kept = changed.find((name) => frozen?.byName.has(name));
    if (kept !== undefined) {
      throw new Error(
        `Lora.merge: the model's ${kept} is frozen outside of tfjs's memory, expected a variable. Load the model without it.`,
      );
    }
    this.addToModel(1);
    this.state = 'merged';
  }

  /** Takes it out again, to rounding: (W + s B A) − s B A. Whole copies exactly. */
  unmerge(): void {
    this.require('unmerge', 'merged');
    this.addToModel(-1);
    this.state = 'apart';
  }

  /** Writes `adapter_model.safetensors` and `adapter_config.json` into a directory, as PEFT reads them. Node only. */
  async save(directory: string): Promise<void> {
    await makeFolder('Lora.save', directory);
    await saveSafetensors(`${directory}/adapter_model.safetensors`, this.stored(), METADATA);
    await writeAtomicFile('Lora.save', `${directory}/adapter_config.json`, this.peftConfig());
  }

  /** The same two files as bytes. */
  async encode(): Promise<Record<'adapter_config.json' | 'adapter_model.safetensors', Uint8Array>> {
    return {
      'adapter_config.json': new TextEncoder().encode(this.peftConfig()),
      'adapter_model.safetensors': await encodeSafetensors(this.stored(), METADATA),
    };
  }

  /** Frees its variables, detached before if it was attached. */
  dispose(): void {
    if (this.state === 'attached') this.detach();
    dispose(this.variables);
  }

  private create(saved: readonly string[], seed: number): Map<string, Variable> {
    const prefix = `${this.model.name}.${this.name}`;
    const made = new Map<string, Variable>();
    const take = (name: string, value: Tensor) => {
      try {
        if (engine().registeredVariables[`${prefix}/${name}`] !== undefined) {
          throw new Error(
            `Lora: the model has an adapter '${this.name}' that is alive, expected another name. Dispose that one first.`,
          );
        }
        made.set(name, variable(value, true, `${prefix}/${name}`));
      } finally {
        value.dispose();
      }
    };
    try {
      this.layers.forEach(({ matrix, rank, inputs, outputs }, i) => {
        take(`${matrix}.${this.name}.A`, uniform([rank, inputs], randomSource(seed, i)));
        take(`${matrix}.${this.name}.B`, zeros([outputs, rank]));
      });
      for (const parameter of saved) take(parameter, this.copyOf(parameter));
      return made;
    } catch (error) {
      dispose([...made.values()]);
      throw error;
    }
  }

  private copyOf(parameter: string): Tensor {
    const { parameters, frozen } = this.model;
    return parameters.get(parameter)?.clone() ?? frozen!.byName.get(parameter)!.widen();
  }

  private addToModel(sign: 1 | -1): void {
    for (const { matrix, scale } of this.layers) {
      const weight = this.model.parameters.get(`${matrix}.weight`)!;
      const [A, B] = ['A', 'B'].map((part) => this.parameters.get(`${matrix}.${this.name}.${part}`)!);
      tidy(() => {
        weight.assign(
          add(weight, mul(matMul(B as unknown as Tensor2D, A as unknown as Tensor2D), sign * scale)),
        );
      });
    }
    for (const [parameter, own] of this.parameters) {
      const weight = this.model.parameters.get(parameter);
      if (!weight) continue;
      const [mine, models] = [own.clone(), weight.clone()];
      weight.assign(mine);
      own.assign(models);
      dispose([mine, models]);
    }
  }

  /** Under the names that PEFT gives them. */
  private stored(): Record<string, Tensor> {
    const { config } = this.model;
    return Object.fromEntries(
      [...this.parameters].map(([name, own]) => {
        const [, matrix, part] = new RegExp(`^(.*)\\.${this.name}\\.([AB])$`).exec(name) ?? [];
        const path = modulePath(config, matrix === undefined ? name : `${matrix}.weight`);
        const end = matrix === undefined ? `.${name.split('.').at(-1)}` : `.lora_${part}.weight`;
        return [`base_model.model.${path}${end}`, own];
      }),
    );
  }

  private peftConfig(): string {
    const { modelType } = toPublished(this.model.config);
    const isConv1D = this.layers.some(({ matrix }) => isTransposed(modelType, `${matrix}.weight`));
    return `${JSON.stringify(toPeft(this.config, isConv1D), null, 2)}\n`;
  }

  private async read(file: Parameters<typeof openSafetensors>[0]): Promise<void> {
    const store = await openSafetensors(file);
    try {
      const wanted = this.stored();
      // Older files have the adapter's name in theirs.
      const inFile = new Map(
        [...store.tensors.keys()].map((key) => [key.replace(/\.default(?=\.)/, ''), key]),
      );
      const list = (names: string[]) => names.slice(0, 8).join(', ') + (names.length > 8 ? ', …' : '');
      const missing = Object.keys(wanted).filter((name) => !inFile.has(name));
      const unexpected = [...inFile.keys()].filter((name) => !Object.hasOwn(wanted, name));
      if (missing.length > 0 || unexpected.length > 0) {
        throw new Error(
          `Lora.load: ${missing.length > 0 ? `missing are ${list(missing)}` : `not understood are ${list(unexpected)}`}, expected the ` +
            'tensors of the layers that adapter_config.json names. Is it the adapter of this model?',
        );
      }
      for (const [name, own] of Object.entries(wanted)) {
        const { shape, dtype } = store.tensors.get(inFile.get(name)!)!;
        if (shape.join() !== own.shape.join() || !/^(F|BF)(16|32|64)$/.test(dtype)) {
          throw new Error(
            `Lora.load: ${name} is ${dtype} [${shape}], expected floats [${own.shape}]. Is it the adapter of this model?`,
          );
        }
        const value = await store.readTensor(inFile.get(name)!);
        try {
          const bad = value.dataSync().find((number) => !Number.isFinite(number));
          if (bad !== undefined) {
            throw new Error(`Lora.load: ${name} holds ${bad}, expected finite numbers. Download it again.`);
          }
          (own as Variable).assign(value);
        } finally {
          value.dispose();
        }
      }
    } finally {
      await store.close();
    }
  }

  private require(where: string, state: Lora['state']): void {
    if (this.state === state) return;
    throw new Error(`Lora.${where}: the adapter is ${this.state}, expected it to be ${state}.`);
  }
}

const METADATA = { metadata: { format: 'pt' } };

/** A of PEFT: uniform in ±1 / √in. (Kaiming with a = √5) */
function uniform([rank, inputs]: [number, number], random: Random): Tensor {
  const bound = 1 / Math.sqrt(inputs);
  return tensor(
    Float32Array.from({ length: rank * inputs }, () => bound * (2 * random() - 1)),
    [rank, inputs],
  );
}

/** The parameters of layers that end with a name. @throws If there are none. */
function savedParameters(model: GPT, names: readonly string[]): string[] {
  const { config } = model;
  return names.flatMap((name) => {
    const found = [...parameterShapes(config).keys()].filter((parameter) => {
      const path = modulePath(config, parameter).replace(/\.(weight|bias)$/, '');
      return path === name || path.endsWith(`.${name}`);
    });
    if (found.length > 0) return found;
    throw new Error(
      `Lora: no layer is named '${name}', expected one of the model to save whole. A tied head is 'embed_tokens' or 'wte'.`,
    );
  });
}
