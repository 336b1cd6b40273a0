import { dispose, type NamedTensorMap, square, stack, sum, tidy } from '@tensorflow/tfjs-core';
import type { BatchStream, DataState } from './batch-stream.js';
import { type Best, BestSoFar } from './best.js';
import type { Callbacks } from './callbacks.js';
import type { CheckpointStore, RunState } from './checkpoint.js';
import { checkpointStore } from './checkpoint-store.js';
import { GoodWeights } from './good-weights.js';
import { DivergenceError, diagnose, type Guard, guardOf, isBad, withBeginning } from './guard.js';
import { LearningRate } from './learning-rate.js';
import { MemoryCheckpoints } from './memory-checkpoints.js';
import { savedVariables } from './model.js';
import type { MutableRun } from './mutable-run.js';
import type { TrainOptions } from './options.js';
import type { StepLoss } from './recorder.js';
import { Saver } from './saver.js';

/** Saves a run, takes it up again, and takes it back when its loss has left the rails. */
export class Keeper {
  readonly learningRate: LearningRate;
  private readonly guard: Guard | undefined;
  private readonly saver: Saver;
  private readonly good: GoodWeights;
  private readonly memory = new MemoryCheckpoints();
  private readonly every: number;
  private readonly best: BestSoFar | undefined;
  private rollbacks = 0;
  /** The best of the run as it was begun, which stays kept where nobody asks for a best any more. */
  private formerBest: Best | undefined;
  private savedStep: number | undefined;
  private isOpen = false;

  private constructor(
    private readonly options: TrainOptions,
    private readonly run: MutableRun,
    private readonly stream: BatchStream,
    private readonly callbacks: Callbacks,
    private readonly store: CheckpointStore | undefined,
  ) {
    const { model, optimizer, guard, checkpoint } = options;
    this.guard = guardOf(guard);
    const variables = () => (model ? savedVariables(model) : run.variables);
    this.saver = new Saver(variables, optimizer);
    this.good = new GoodWeights(variables);
    const best = typeof checkpoint === 'object' ? checkpoint.best : undefined;
    this.best = best === undefined ? undefined : new BestSoFar(best);
    this.learningRate = new LearningRate(optimizer);
    this.every = (typeof checkpoint === 'object' ? checkpoint.every : undefined) ?? (store ? 500 : 100);
    if (this.guard?.action === 'rollback' && !this.learningRate.isAdjustable) {
      throw new Error(
        "train: guard is 'rollback', expected an optimizer whose learning rate can be changed: one of @evenkeel/optim " +
          "or with a number as learningRate. Use guard: 'stop'.",
      );
    }
  }

  static async open(
    options: TrainOptions,
    run: MutableRun,
    stream: BatchStream,
    callbacks: Callbacks,
  ): Promise<Keeper> {
    return new Keeper(
      options,
      run,
      stream,
      callbacks,
      options.checkpoint === undefined ? undefined : await checkpointStore(options.checkpoint),
    );
  }

  /**
   * Goes where a checkpoint is, if that is wanted.
   *
   * @throws If there is none where one must be, or it does not fit.
   */
  async resume(): Promise<void> {
    const { resume = false, seed = 0, checkpoint, run } = this.options;
    const sameRun = (state: RunState) => {
      if (run !== undefined && state.run !== run) {
        throw new Error(
          `train: the checkpoint of step ${state.step} is ${state.run === undefined ? 'of no run that has a name' : 'of another run'}, ` +
            'expected one of the run that goes on. Begin anew, or resume where that run was begun.',
        );
      }
      if (state.seed === seed) return;
      throw new Error(`train: seed is ${seed}, expected ${state.seed} as in the checkpoint.`);
    };
    await this.store?.open?.();
    this.isOpen = true;
    const which = resume === true ? 'latest' : resume;
    const take = (state: RunState) => this.stream.restore(state.data as DataState);
    const state =
      which && this.store ? await this.saver.load(this.store, which, { check: sameRun, take }) : undefined;
    if (state) {
      await this.restore(state);
      for (const callback of this.callbacks.list) {
        const { name, restore } = callback;
        if (name && restore && Object.hasOwn(state.callbacks, name)) {
          await restore.call(callback, state.callbacks[name] as never);
        }
      }
      this.learningRate.rescale(state.learningRateScale);
      this.rollbacks = state.rollbacks;
      this.savedStep = state.step;
      await this.store?.goOnFrom?.(state);
    } else if (typeof resume === 'string') {
      const where =
        typeof checkpoint === 'object' && 'directory' in checkpoint ? checkpoint.directory : checkpoint;
      throw new Error(
        `train: there is no checkpoint '${resume}'${typeof where === 'string' ? ` in '${where}'` : ''}, expected one to ` +
          'go on from. Use resume: true to begin where there is none.',
      );
    }
    if (this.guard) this.good.keep();
    if (this.guard?.action === 'rollback' && this.savedStep === undefined) {
      await this.saver.save(this.memory, this.state({ drawn: 0 }));
    }
  }

  /** Looks at what was measured at a step: a value may be the best so far, and is saved then. */
  see(numbers: Readonly<Record<string, number>>): void {
    this.best?.see(numbers, this.run.step);
  }

  isDue(step: number): boolean {
    if (this.best?.isNew) return true;
    return this.store || this.guard?.action === 'rollback' ? step % this.every === 0 : false;
  }

  /** Saves where the run stands, unless that is saved already. Check the losses first. */
  async save(): Promise<void> {
    const store = this.store ?? (this.guard?.action === 'rollback' ? this.memory : undefined);
    if (!store || (this.savedStep === this.run.step && !this.best?.isNew)) return;
    // In memory it is only for going back, where the data goes on.
    const data = store === this.memory ? { drawn: 0 } : await this.stream.state();
    await this.saver.save(store, this.state(data));
    this.savedStep = this.run.step;
    if (this.best) this.best.isNew = false;
    if (store !== this.memory) {
      this.memory.dispose();
      await this.callbacks.notify('onCheckpoint', this.run);
    }
  }

  /**
   * Looks at losses that were read.
   *
   * @returns Whether the run has gone back to an earlier step.
   * @throws {@link DivergenceError} If one is bad and the run may not go back.
   */
  async check(losses: readonly StepLoss[], gradients: NamedTensorMap = {}): Promise<boolean> {
    const { run, guard } = this;
    for (const { step, loss } of losses) {
      if (guard && isBad(loss, run.firstLosses, guard)) return this.diverged({ step, loss }, gradients);
      run.firstLosses = withBeginning(run.firstLosses, loss);
    }
    return false;
  }

  /** Remembers the weights, which have just given a loss that is good; those to which a run that stops goes back. */
  keepGoodWeights(): void {
    if (this.guard) this.good.keep();
  }

  /** Looks at the weights, which the last step may have spoilt after its loss was read; as `check`. */
  async checkWeights(): Promise<boolean> {
    const { run, guard } = this;
    if (!guard || run.variables.length === 0) return false;
    const total = tidy(() => sum(stack(run.variables.map((variable) => sum(square(variable))))));
    const [value] = await total.data();
    dispose(total);
    return Number.isFinite(value) ? false : this.diverged({ step: run.step, loss: run.metrics.loss }, {});
  }

  /** Frees what is kept, and lets go of the store. */
  async close(): Promise<void> {
    this.memory.dispose();
    this.good.dispose();
    if (this.isOpen) await this.store?.close?.();
  }

  private async diverged({ step, loss }: StepLoss, gradients: NamedTensorMap): Promise<boolean> {
    const guard = this.guard!;
    const { parameter, details } = await diagnose(this.run.variables, gradients);
    if (guard.action === 'stop' || this.rollbacks >= guard.maxRollbacks) {
      this.good.putBack();
      const advice =
        guard.action === 'stop'
          ? "Lower the learning rate, clip gradients, or set guard: 'rollback'."
          : `It went back ${this.rollbacks} times: lower the learning rate or clip gradients.`;
      throw new DivergenceError(step, loss, parameter, details, advice);
    }
    const store = this.store && this.savedStep !== undefined ? this.store : this.memory;
    const check = (saved: RunState) => {
      if (saved.step <= this.run.step) return;
      throw new Error(
        `train: the newest checkpoint is of step ${saved.step}, expected one to go back to from step ${this.run.step}. ` +
          'A store must not give what is newer than where training goes on (goOnFrom).',
      );
    };
    const state = await this.saver.load(store, 'latest', { check });
    if (!state) {
      this.good.putBack();
      throw new DivergenceError(step, loss, parameter, details, 'There is no checkpoint to go back to.');
    }
    await this.restore(state);
    this.rollbacks += 1;
    this.learningRate.rescale(this.learningRate.scale * guard.learningRateFactor);
    console.warn(
      `train: the loss at step ${step} is ${loss}; back to step ${this.run.step}, with ` +
        `${this.learningRate.scale} times the learning rate and the batches that follow.`,
    );
    await this.callbacks.notify('onRollback', this.run);
    return true;
  }

  private async restore(state: RunState): Promise<void> {
    this.run.step = state.step;
    this.run.seconds = Math.max(this.run.seconds, state.seconds);
    this.run.metrics = { ...state.metrics };
    this.run.metricSteps = { ...state.metricSteps };
    this.run.firstLosses = state.firstLosses;
    this.best?.restore(state.best);
    this.formerBest = state.best;
  }

  private state(data: DataState): RunState {
    const { run, options, callbacks } = this;
    return {
      step: run.step,
      seed: options.seed ?? 0,
      seconds: run.seconds,
      data,
      metrics: { ...run.metrics },
      metricSteps: { ...run.metricSteps },
      callbacks: Object.fromEntries(
        callbacks.list.flatMap((callback) =>
          callback.name && callback.state ? [[callback.name, callback.state()]] : [],
        ),
      ),
      learningRateScale: this.learningRate.scale,
      rollbacks: this.rollbacks,
      firstLosses: run.firstLosses,
      best: this.best ? this.best.state() : this.formerBest,
      run: options.run,
    };
  }
}
