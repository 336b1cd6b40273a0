/** A number in as many digits as help: `0.0412`, `3.12`, `1.2e-9`, `1e12`. */
export function formatNumber(value: number | undefined): string {
  if (value === undefined) return '–';
  if (!Number.isFinite(value))
    return Number.isNaN(value) ? 'not a number' : `${value > 0 ? '' : '−'}infinite`;
  if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e6))
    return Number(value.toPrecision(3)).toExponential().replace('+', '');
  return String(Number(value.toPrecision(4)));
}

export const formatShare = (value: number | undefined): string =>
  value === undefined ? '–' : `${Number((100 * value).toFixed(1))} %`;

/** `35 steps/s`, `4 s a step`. */
export const formatSpeed = (stepsPerSecond: number): string =>
  stepsPerSecond >= 1
    ? `${Number(stepsPerSecond.toPrecision(2))} steps/s`
    : `${Number((1 / stepsPerSecond).toPrecision(2))} s a step`;

/** The two largest units: `3 min 20 s`. */
export function formatDuration(seconds: number): string {
  if (seconds < 1) return 'under 1 s';
  const whole = Math.round(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  const parts =
    hours > 0
      ? ([
          [hours, 'h'],
          [minutes, 'min'],
        ] as const)
      : ([
          [minutes, 'min'],
          [whole % 60, 's'],
        ] as const);
  return parts
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}
