export * from '@evenkeel/loop/node';

export { loadConfigFile } from './config/load-config.js';
export { nameOf, type Planned, type PlannedRun, plannedRun, writtenConfig } from './config/planned-run.js';
export { isTinyShakespeare, tinyShakespeare } from './config/tiny-shakespeare.js';

export { type Exported, exportModel, FILES as EXPORTED_FILES } from './folder/export-model.js';
export { differing, type Judges, judgesOf, type LabelledBatch } from './folder/judges.js';
export { type LearnedModel, learnedModel } from './folder/learned-model.js';
export { type OpenedModel, withModel } from './folder/opened-model.js';
export {
  CHECKPOINTS,
  checkData,
  checkpointNamed,
  isRun,
  METRICS,
  newestStep,
  REPORT,
  readRun,
  type StoredRun,
  stepOf,
  tokenizerOf,
  writeRun,
} from './folder/run-folder.js';
export { checkSameFunction } from './folder/same-function.js';
export { inWords, withUnit } from './report/metric-words.js';
export { meanAndSpread, type RankedSetting, type Ranking } from './report/ranking.js';
export { type ReportOptions, readRecords, writeReport } from './report/report.js';
export { type PageOptions, reportHtml } from './report/report-html.js';
export type { ReportRun } from './report/report-run.js';
export { writeFile } from './write-file.js';
