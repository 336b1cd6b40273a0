/** Metrics whose names do not say in words what they are. */
const WORDS: Readonly<Record<string, string>> = {
  log10Lipschitz: 'Lipschitz bound, as a power of ten',
  gradientNorm: 'norm of the gradient',
  updateRatio: 'update over weight',
  softmaxCollapse: 'collapse of softmax',
  stablemaxCollapse: 'collapse of StableMax',
  tokensPerSecond: 'speed',
  examplesPerSecond: 'speed',
  seconds: 'time',
  alpha: 'α of GrokAdamW',
  signal: 'signal of GrokAdamW',
};

const UNITS: Readonly<Record<string, string>> = {
  tokensPerSecond: 'tokens/s',
  examplesPerSecond: 'examples/s',
};

/** A metric as people call it: `validation loss` for `validationLoss`, `learning rate, muon` for `learningRate/muon`. */
export function inWords(metric: string): string {
  const [name, ...of] = metric.split('/');
  const words = WORDS[name] ?? name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return [words, ...(of.length > 0 ? [of.join('/')] : [])].join(', ');
}

/** The same at the beginning of a line. */
export const titleOf = (metric: string): string => {
  const words = inWords(metric);
  return words.charAt(0).toUpperCase() + words.slice(1);
};

/** Whether a metric is a share, which people read in percent. */
export const isShare = (metric: string): boolean => /(accuracy|collapse)$|^updateRatio$/i.test(metric);

/** Four digits that count, and no more zeros than that: `2.31`, `97.1 %`, `1,203 tokens/s`, `2 min 5 s`. */
export function withUnit(metric: string, value: number): string {
  if (metric === 'step') return value.toLocaleString('en');
  if (metric === 'seconds') return duration(value);
  if (isShare(metric)) return percent(value);
  const unit = UNITS[metric];
  if (unit !== undefined) return `${Math.round(value).toLocaleString('en')} ${unit}`;
  return number(value);
}

/** A number in four digits. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'not a number' : value > 0 ? '∞' : '−∞';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e4 && size < 1e6) return Math.round(value).toLocaleString('en');
  if (size < 1e-3 || size >= 1e6)
    return value
      .toExponential(2)
      .replace(/\.?0+e/, 'e')
      .replace('e+', 'e');
  return value
    .toPrecision(4)
    .replace(/(\.\d*?)0+$/, '$1')
    .replace(/\.$/, '');
}

function percent(share: number): string {
  if (!Number.isFinite(share)) return number(share);
  const value = 100 * share;
  return `${value === 0 || Math.abs(value) >= 1 ? value.toFixed(1) : number(Number(value.toPrecision(2)))} %`;
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min ${whole % 60} s` : `${seconds < 10 ? number(seconds) : whole} s`;
}
