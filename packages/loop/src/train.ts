import { dispose } from '@tensorflow/tfjs-core';
import { BatchStream } from './batch-stream.js';
import { breather } from './breathe.js';
import type { End, MetricRecord } from './callback.js';
import { Callbacks } from './callbacks.js';
import { evaluate } from './evaluate.js';
import { ignoredLabelsWarning } from './ignored-labels.js';
import { Keeper } from './keeper.js';
import { checkMetrics, metricsOf } from './known-metrics.js';
import { inOrder } from './model.js';
import { MutableRun } from './mutable-run.js';
import { checkOptions, type TrainOptions } from './options.js';
import { poolOf, serveIfWorker } from './pool-of.js';
import { PrecisionEmulation } from './precision.js';
import { Recorder } from './recorder.js';
import { stepGradients } from './step-gradients.js';
import { tidyOnError } from './tidy-on-error.js';

export interface TrainResult extends End {
  /** The last value of every metric. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Everything recorded since training began or resumed. */
  readonly history: readonly MetricRecord[];
}

/**
 * Trains: draws batches, takes steps, measures, evaluates, saves. It knows no algorithm.
 *
 *     w ← optimizer(∇ mean of loss over `gradientAccumulation` batches),   `steps` times
 *
 *     await train({ model, loss: tf.losses.meanSquaredError, optimizer: tf.train.adam(), data, steps: 1000 });
 *
 * It does what `optimizer.minimize(() => loss(targets, model.forward(inputs)))` does, bit for bit. A resumed run goes
 * on as the interrupted one would have, bit for bit on the same backend, where the optimizer can: `tf.train.adam` rounds
 * its bias corrections anew. Tensors are read back only where metrics are due.
 *
 * Whatever throws, no tensor is left behind, and what was saved before is still there.
 *
 * @throws If an option is wrong; if the loss diverges (`DivergenceError`, with the weights of the last good loss that was
 *   read); what the model, the loss, the optimizer, the data or an evaluation throws; if a checkpoint cannot be saved; and
 *   what a callback throws that does not only watch.
 */
export async function train(options: TrainOptions): Promise<TrainResult> {
  checkOptions(options);
  await serveIfWorker(options);
  const { model, loss, optimizer, steps = Infinity, logEvery = 10, signal } = options;
  const callbacks = new Callbacks(options.callbacks ?? []);
  const evaluation = options.evaluate;
  const run = new MutableRun(options);
  const stream = new BatchStream(options.data);
  const keeper = await Keeper.open(options, run, stream, callbacks);
  const recorder = new Recorder(run.variables, keeper.learningRate, callbacks);
  const emulation = new PrecisionEmulation(options.precision ?? 'float32');
  const warnOfIgnored = ignoredLabelsWarning();
  const pool = poolOf(options);
  const gradientsAt = stepGradients(
    options,
    run,
    stream,
    emulation,
    pool,
    (batch) => recorder.count(batch),
    warnOfIgnored,
  );
  const history: MetricRecord[] = [];
  let evaluatedAt: number | undefined;
  let hasEvaluated = false;
  let metricsAreKnown = false;
  const breathe = breather();
  let end: End;

  try {
    await keeper.resume();
    evaluatedAt = run.step > 0 ? run.step : undefined;
    await callbacks.notify('onStart', run);
    while (run.step < steps && run.reason === undefined) {
      if (signal?.aborted) run.stop('signal');
      else await takeStep(run.step + 1);
      await breathe();
    }
    run.stop('steps');
    if (run.reason !== 'signal') await record(await evaluateAt(run.step));
    if (!(await hasGoneBack())) await keeper.save();
    end = { reason: run.reason!, step: run.step };
  } catch (error) {
    end = { reason: 'error', step: run.step, error };
  }
  stream.release();
  recorder.dispose();
  emulation.dispose();
  for (const close of [() => keeper.close(), () => pool?.close?.()]) {
    try {
      await close();
    } catch (error) {
      if (!('error' in end)) end = { reason: 'error', step: run.step, error };
    }
  }
  await callbacks.end(end, run);
  if ('error' in end) throw end.error;
  return { ...end, metrics: run.metrics, history };

  async function takeStep(step: number): Promise<void> {
    const isDue = step === 1 || step === steps || step % logEvery === 0;
    const taken = await gradientsAt(step);
    if (!taken) return run.stop('data');
    const { loss, gradients, batch, count } = taken;
    recorder.add(step, loss, count);
    let updateRatio: ReturnType<Recorder['updateRatio']> | undefined;
    try {
      let numbers: Record<string, number> = {};
      if (isDue) {
        const losses = await recorder.takeLosses();
        if (await keeper.check(losses, gradients)) return;
        keeper.keepGoodWeights();
        const own = losses.find((loss) => loss.step === step);
        const tensors = { loss: own?.loss ?? Number.NaN, gradients, batch };
        numbers = { ...(own && { loss: own.loss }), ...(await recorder.before(run, tensors)) };
      }
      if (isDue && optimizer) updateRatio = recorder.updateRatio();
      tidyOnError(() => optimizer?.applyGradients(inOrder(gradients, run.variables)));
      run.step = step;
      await callbacks.notify('onStep', run);
      if (isDue) Object.assign(numbers, await updateRatio?.read(), recorder.speed());
      if (step === steps || step % (evaluation?.every ?? 100) === 0)
        Object.assign(numbers, await evaluateAt(step));
      await record(numbers);
      if (keeper.isDue(step) || step === steps || run.wantsSave) {
        run.wantsSave = false;
        if (!(await hasGoneBack())) await keeper.save();
      }
    } finally {
      dispose(gradients);
      updateRatio?.dispose();
    }
  }

  async function evaluateAt(step: number): Promise<Record<string, number>> {
    if (!evaluation || evaluatedAt === step) return {};
    evaluatedAt = step;
    const result =
      'run' in evaluation
        ? { ...(await evaluation.run()) }
        : await evaluate(model!, loss!, evaluation, emulation, warnOfIgnored);
    hasEvaluated = true;
    await callbacks.notify('onEvaluate', result, run);
    return result;
  }

  async function record(numbers: Record<string, number>): Promise<void> {
    if (Object.keys(numbers).length === 0) return;
    const record = { step: run.step, seconds: run.seconds, ...numbers };
    run.measured(numbers);
    keeper.see(numbers);
    history.push(record);
    if (!metricsAreKnown && (!evaluation || hasEvaluated)) {
      metricsAreKnown = true;
      checkMetrics(metricsOf(options), Object.keys(run.metrics));
    }
    await callbacks.notify('onMetrics', record, run);
  }

  /** Before a checkpoint: whether losses or weights were bad, and the run is at an earlier step now. */
  async function hasGoneBack(): Promise<boolean> {
    return (await keeper.check(await recorder.takeLosses())) || (await keeper.checkWeights());
  }
}
