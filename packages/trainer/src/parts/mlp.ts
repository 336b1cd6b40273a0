import type { PassOptions } from '@evenkeel/loop';
import { seedOf } from '@evenkeel/loop';
import { gelu, linear, maxMin, silu } from '@evenkeel/ops';
import {
  dispose,
  engine,
  relu,
  type Tensor,
  tanh,
  tensor,
  tidy,
  type Variable,
  variable,
  zeros,
} from '@tensorflow/tfjs-core';

export interface MlpOptions {
  /** Of inputs, hidden layers and outputs. */
  readonly widths: readonly number[];
  readonly activation: 'relu' | 'tanh' | 'gelu' | 'silu' | 'maxMin';
  readonly bias: boolean;
  readonly seed: number;
  /** Goes before the names of its variables. Default 'mlp', then 'mlp_1' while that is alive. */
  readonly name?: string;
}

const ACTIVATIONS = { relu, tanh, gelu: (x: Tensor) => gelu(x), silu, maxMin };

/**
 * A multi-layer perceptron: y = W₃ f(W₂ f(W₁ x)), each W of shape [out, in].
 *
 * It starts as PyTorch's linear layers do: uniform within ±1/√in.
 */
export class Mlp {
  readonly variables: readonly Variable[];
  private readonly layers: readonly { weight: Variable; bias?: Variable }[];

  constructor(readonly options: MlpOptions) {
    const { widths, bias, seed, name = freeName() } = options;
    this.layers = widths.slice(1).map((out, i) => {
      const [inputs, limit] = [widths[i], 1 / Math.sqrt(widths[i])];
      const numbers = Float32Array.from(
        { length: out * inputs },
        (_, k) => limit * (seedOf(seed, i, k) / 2 ** 31 - 1),
      );
      return {
        weight: owned(tensor(numbers, [out, inputs]), `${name}/layers.${i}.weight`),
        ...(bias ? { bias: owned(zeros([out]), `${name}/layers.${i}.bias`) } : {}),
      };
    });
    this.variables = this.layers.flatMap(({ weight, bias }) => (bias ? [weight, bias] : [weight]));
  }

  /** Its matrices, and what follows each, for a certificate. */
  get description() {
    const { activation } = this.options;
    return this.layers.map(({ weight }, i) => ({
      weight,
      activation: i < this.layers.length - 1 ? activation : ('identity' as const),
    }));
  }

  /**
   * Logits [examples, classes] for inputs [examples, in].
   *
   * @param observe Sees what each layer gives, before it is freed.
   */
  forward(
    x: Tensor,
    { observe }: Partial<PassOptions> & { observe?: (name: string, activation: Tensor) => void } = {},
  ): Tensor {
    const activate = ACTIVATIONS[this.options.activation];
    return tidy(() =>
      this.layers.reduce<Tensor>((h, { weight, bias }, i) => {
        const y = linear(i === 0 ? h : activate(h), weight, bias);
        observe?.(`layers.${i}`, y);
        return y;
      }, x),
    );
  }

  dispose(): void {
    dispose([...this.variables]);
  }
}

function freeName(): string {
  for (let i = 0; ; i++) {
    const name = i === 0 ? 'mlp' : `mlp_${i}`;
    if (!engine().registeredVariables[`${name}/layers.0.weight`]) return name;
  }
}

function owned(value: Tensor, name: string): Variable {
  const created = variable(value, true, name);
  value.dispose();
  return created;
}
