import {
  bitInputs,
  checkBelongs,
  checkDrawn,
  type Examples,
  hashOfExamples,
  labelTensor,
  oneHotInputs,
  selectExamples,
  tokenSequences,
  tokenTargets,
} from '@evenkeel/data';
import { seedOf } from '@evenkeel/loop';
import { dispose, keep, type Tensor } from '@tensorflow/tfjs-core';

/** A batch of tensors. */
export interface ExampleBatch {
  readonly inputs: Tensor;
  readonly targets: Tensor;
}

/** Examples as tensors: for a plain network one-hot numbers or bits, for a transformer tokens. */
function tensorsOf(examples: Examples, form: 'plain' | 'tokens', ignoreIndex: number): ExampleBatch {
  if (form === 'tokens') {
    return { inputs: tokenSequences(examples), targets: tokenTargets(examples, { ignoreIndex }) };
  }
  const inputs = examples.values === 2 ? bitInputs(examples) : oneHotInputs(examples);
  return { inputs, targets: labelTensor(examples) };
}

/** Goes through JSON. */
interface ExampleBatchesState {
  /** Rows drawn so far. */
  readonly drawn: number;
  /** Of the examples. */
  readonly sha256: string;
  readonly seed: number;
}

/** All examples in each batch, or as many as wanted, shuffled anew each epoch. */
export class ExampleBatches {
  private drawn = 0; // rows
  private whole: ExampleBatch | undefined;
  private hash: string | undefined;
  private shuffled: { epoch: number; order: Int32Array } | undefined;

  constructor(
    private readonly examples: Examples,
    private readonly options: {
      readonly batchSize: number | 'all';
      readonly form: 'plain' | 'tokens';
      readonly seed: number;
      readonly ignoreIndex: number;
    },
  ) {}

  /** The next batch. Whole ones are kept until `dispose`; others are the caller's. */
  batch(): ExampleBatch {
    const { batchSize, form, ignoreIndex } = this.options;
    if (batchSize === 'all') {
      this.whole ??= kept(tensorsOf(this.examples, form, ignoreIndex));
      return this.whole;
    }
    const rows = Int32Array.from({ length: batchSize }, (_, i) => this.rowAt(this.drawn + i));
    this.drawn += batchSize;
    return tensorsOf(selectExamples(this.examples, rows), form, ignoreIndex);
  }

  /** All of them, once. */
  *pass(): Generator<ExampleBatch> {
    const { form, ignoreIndex } = this.options;
    yield tensorsOf(this.examples, form, ignoreIndex);
  }

  /** Where it stands, and among which examples. */
  state(): ExampleBatchesState {
    return { drawn: this.drawn, ...this.belongings() };
  }

  /**
   * Continues where `state()` was called. The batch size may be another: no example is skipped or comes twice.
   *
   * @throws If the state is damaged or belongs to other examples or another seed.
   */
  restore(state: ExampleBatchesState): void {
    checkBelongs('data.restore', state, this.belongings());
    checkDrawn('data.restore', state.drawn);
    this.drawn = state.drawn;
  }

  dispose(): void {
    if (this.whole) dispose([this.whole.inputs, this.whole.targets]);
    this.whole = undefined;
  }

  private belongings() {
    this.hash ??= hashOfExamples(this.examples);
    return { sha256: this.hash, seed: this.options.seed };
  }

  private rowAt(index: number): number {
    const { size } = this.examples;
    const epoch = Math.floor(index / size);
    if (this.shuffled?.epoch !== epoch)
      this.shuffled = { epoch, order: shuffle(size, this.options.seed, epoch) };
    return this.shuffled.order[index % size];
  }
}

/** Numbers 0 … size − 1 in an order that seed and epoch decide. (Fisher–Yates) */
function shuffle(size: number, seed: number, epoch: number): Int32Array {
  const order = Int32Array.from({ length: size }, (_, i) => i);
  for (let i = size - 1; i > 0; i--) {
    const j = Math.floor((seedOf(seed, epoch, i) / 2 ** 32) * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

const kept = ({ inputs, targets }: ExampleBatch): ExampleBatch => ({
  inputs: keep(inputs),
  targets: keep(targets),
});
