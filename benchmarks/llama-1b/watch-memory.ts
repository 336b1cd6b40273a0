import * as tf from '@tensorflow/tfjs';

/** Bytes of tensors at an instant, in seconds since the work began. */
export interface Instant {
  readonly seconds: number;
  readonly bytes: number;
}

export interface Watched {
  /** The most bytes of tensors that were there at once. */
  readonly peak: number;
  /** How they rose and fell: the most of each stretch. */
  readonly curve: readonly Instant[];
}

/** Does some work and sees how many bytes of tensors there are after each that is made. */
export async function watchMemory(work: () => Promise<void>, stretches = 400): Promise<Watched> {
  const engine = tf.engine();
  const { makeTensorFromTensorInfo } = engine as unknown as Record<string, Maker>;
  const seen: Instant[] = [];
  const begin = performance.now();
  const look = () => {
    seen.push({ seconds: (performance.now() - begin) / 1000, bytes: tf.memory().numBytes });
  };
  Object.assign(engine, {
    makeTensorFromTensorInfo(...args: unknown[]) {
      const made = makeTensorFromTensorInfo.apply(engine, args);
      look();
      return made;
    },
  });
  try {
    look();
    await work();
    look();
  } finally {
    Object.assign(engine, { makeTensorFromTensorInfo });
  }
  return { peak: Math.max(...seen.map(({ bytes }) => bytes)), curve: thinned(seen, stretches) };
}

type Maker = (...args: unknown[]) => unknown;

/** The most of each stretch of time. */
function thinned(seen: readonly Instant[], stretches: number): Instant[] {
  const end = seen[seen.length - 1].seconds;
  const most = new Map<number, Instant>();
  for (const instant of seen) {
    const stretch = Math.min(stretches - 1, Math.floor((stretches * instant.seconds) / end));
    if (instant.bytes >= (most.get(stretch)?.bytes ?? 0)) most.set(stretch, instant);
  }
  return [...most.values()];
}
