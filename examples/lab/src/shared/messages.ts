import type { MetricRecord } from '@evenkeel/trainer';
import type { RunConfigInput } from '@evenkeel/trainer/config';
import type { Advice } from './advice.js';
import type { Backend } from './settings.js';

/** What the page tells a run's worker. */
export type ToWorker =
  | {
      readonly type: 'start';
      readonly backend: Backend;
      /** Not with a checkpoint, which holds its own. */
      readonly config?: RunConfigInput;
      /** A run's directory as a zip, to go on from. */
      readonly checkpoint?: Uint8Array;
      /** Steps in all; of a checkpoint they may be more than they were. */
      readonly steps: number;
      /** What a checkpoint learns from that only names a file. */
      readonly text?: string;
    }
  /** Looks whether a file is a checkpoint, and at what step. */
  | { readonly type: 'inspect'; readonly checkpoint: Uint8Array }
  /** Lets the model of a checkpoint go on from a prompt. */
  | {
      readonly type: 'write';
      readonly checkpoint: Uint8Array;
      readonly prompt: string;
      readonly temperature: number;
    }
  | { readonly type: 'pause' | 'resume' | 'save' | 'stop' };

/** What a run's worker tells the page. */
export type FromWorker =
  | {
      readonly type: 'ready';
      readonly step: number;
      readonly steps: number;
      readonly parameters: number;
      /** In words: `WASM, 95 kernels of Evenkeel, relaxed SIMD`. */
      readonly backend: string;
      /** Whether its model writes text. */
      readonly writes: boolean;
      /** What was recorded before, where a checkpoint holds it. */
      readonly records: readonly MetricRecord[];
      readonly samples: readonly Sample[];
    }
  | {
      readonly type: 'inspected';
      readonly step: number;
      readonly config: unknown;
      readonly writes: boolean;
      readonly records: readonly MetricRecord[];
      readonly samples: readonly Sample[];
    }
  | { readonly type: 'step'; readonly step: number }
  | { readonly type: 'metrics'; readonly record: MetricRecord }
  | { readonly type: 'sample'; readonly sample: Sample }
  /** All that was written so far, with the weights of a step. */
  | { readonly type: 'written'; readonly step: number; readonly text: string; readonly isDone: boolean }
  /** Asked for, or made now and then so that a crash loses little. */
  | { readonly type: 'checkpoint'; readonly step: number; readonly zip: Uint8Array; readonly asked: boolean }
  | { readonly type: 'paused'; readonly step: number }
  | { readonly type: 'ended'; readonly step: number; readonly reason: string }
  | {
      readonly type: 'failed';
      readonly message: string;
      readonly advice: readonly Advice[];
      /** The step at which the loss left the rails, if that is what happened. */
      readonly divergedAt?: number;
    };

/** What a model wrote. */
export interface Sample {
  readonly step: number;
  readonly sample: string;
}
