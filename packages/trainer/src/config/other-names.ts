/** The fields of a run config by the names that other programs have for them. */
const FIELDS: Readonly<Record<string, string>> = {
  lr: 'optimizer.learningRate',
  rate: 'optimizer.learningRate',
  bs: 'data.batchSize',
  blockSize: 'model.contextLength',
  contextSize: 'model.contextLength',
  seqLen: 'model.contextLength',
  seqLength: 'model.contextLength',
  sequenceLength: 'model.contextLength',
  maxSeqLength: 'model.contextLength',
  maxLength: 'model.contextLength',
  nLayer: 'model.layers',
  nLayers: 'model.layers',
  numLayers: 'model.layers',
  numHiddenLayers: 'model.layers',
  depth: 'model.layers',
  nHead: 'model.heads',
  nHeads: 'model.heads',
  numHeads: 'model.heads',
  numAttentionHeads: 'model.heads',
  nEmbd: 'model.width',
  dModel: 'model.width',
  hiddenSize: 'model.width',
  embeddingSize: 'model.width',
  wd: 'optimizer.weightDecay',
  decay: 'optimizer.weightDecay',
  optim: 'optimizer',
  epochs: 'steps',
  epoch: 'steps',
  numEpochs: 'steps',
  numTrainEpochs: 'steps',
  maxSteps: 'steps',
  maxIters: 'steps',
  numSteps: 'steps',
  iters: 'steps',
  iterations: 'steps',
  accumulate: 'gradientAccumulation',
  gradientAccumulationSteps: 'gradientAccumulation',
  gradAccum: 'gradientAccumulation',
  gradClip: 'clip.globalNorm',
  clipNorm: 'clip.globalNorm',
  maxGradNorm: 'clip.globalNorm',
  warmup: 'schedule.warmupSteps',
  warmupIters: 'schedule.warmupSteps',
  lrScheduler: 'schedule',
  lrSchedulerType: 'schedule',
  scheduler: 'schedule',
  evalEvery: 'evaluate.every',
  evalInterval: 'evaluate.every',
  evalSteps: 'evaluate.every',
  evalIters: 'evaluate.batches',
  saveEvery: 'checkpoint.every',
  saveSteps: 'checkpoint.every',
  logInterval: 'logEvery',
  loggingSteps: 'logEvery',
  dtype: 'precision',
  threads: 'workers',
  numWorkers: 'workers',
  valFraction: 'data.validationFraction',
  validationSplit: 'data.validationFraction',
  trainSplit: 'data.trainFraction',
  dataset: 'data',
};

/**
 * The field that is meant by a name from elsewhere, in any spelling: `optimizer.learningRate` for `lr`, `data.batchSize` for
 * `batch-size` or `batch_size`. Nothing if it is unknown.
 *
 * @param name Without a path.
 * @param fields The paths of all fields, of which one may end in the name.
 */
export function fieldMeant(name: string, fields: Iterable<string>): string | undefined {
  const camel = name.replace(/[-_](\w)/g, (_, letter: string) => letter.toUpperCase());
  const ends = [...fields].find((path) => path === camel || path.endsWith(`.${camel}`));
  return ends ?? (Object.hasOwn(FIELDS, camel) ? FIELDS[camel] : undefined);
}

/** What to know beside the name of a field: nothing, or that epochs are counted in steps. */
export const remarkOn = (name: string): string =>
  /epoch/i.test(name) ? ' Training is counted in steps: an epoch has as many as the data have batches.' : '';
