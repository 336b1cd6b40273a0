/** A number in as many digits as help: `0.0412`, `3.12`, `1.2e-9`. */
export function formatNumber(value: number | undefined): string {
  if (value === undefined) return '–';
  if (!Number.isFinite(value))
    return Number.isNaN(value) ? 'not a number' : `${value > 0 ? '' : '−'}infinite`;
  if (value !== 0 && (Math.abs(value) < 1e-3 || Math.abs(value) >= 1e6)) return value.toExponential(2);
  return String(Number(value.toPrecision(4)));
}

export const formatShare = (value: number | undefined): string =>
  value === undefined ? '–' : `${(100 * value).toFixed(1)} %`;
