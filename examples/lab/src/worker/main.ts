import './without-eval.js';
import type { FromWorker, ToWorker } from '../shared/messages.js';
import { failureOf } from './failure.js';
import { inspect } from './inspect.js';
import { LabRun } from './run.js';
import { writeFrom } from './write-from.js';

// One worker per run: the page stays free, and what goes wrong here goes wrong here only.

const tell = (message: FromWorker) => postMessage(message);
const run = new LabRun(tell);
const fail = (error: unknown) => tell(failureOf(error));

addEventListener('unhandledrejection', ({ reason }) => fail(reason));
addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  if (data.type === 'start') run.start(data).catch(fail);
  else if (data.type === 'inspect') inspect(data.checkpoint).then(tell, fail);
  else if (data.type === 'write') writeFrom(data, tell).catch(fail);
  else run[data.type]();
});
