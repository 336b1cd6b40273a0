export { CheckpointDirectory, type CheckpointDirectoryOptions } from './checkpoint-directory.js';
export { exportCsv, toCsv } from './csv.js';
export { type Interrupt, onInterrupt } from './interrupt.js';
export { type MetricsFileOptions, metricsFile } from './metrics-file.js';
export { type MetricLines, parseMetricLines, type Sample } from './metrics-lines.js';
export { type ProgressOptions, progress } from './progress.js';
export { type SamplesOptions, samples } from './samples.js';
export { type SystemInfo, systemInfo } from './system-info.js';
export { tensorboard } from './tensorboard.js';
