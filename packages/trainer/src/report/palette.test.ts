import { describe, expect, it } from 'vitest';
import { PALETTE } from './palette.js';

type Colour = readonly [number, number, number];
const times = (matrix: readonly Colour[], v: Colour) =>
  matrix.map((row) => row.reduce((sum, x, i) => sum + x * v[i], 0)) as unknown as Colour;

/** Linear light of a colour such as '#3a45ff'. */
const linear = (hex: string): Colour =>
  [1, 3, 5].map((at) => {
    const c = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as unknown as Colour;

/** How colours look to those who lack a kind of cone. (Machado, Oliveira and Fernandes, 2009, severity 1) */
const EYES: Readonly<Record<string, readonly Colour[]>> = {
  'all cones': [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  'no red cones': [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  'no green cones': [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  'no blue cones': [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** Coordinates in which distances are about as large as they look. (Ottosson's OKLab, 2020) */
function oklab(light: Colour): Colour {
  const cones = times(
    [
      [0.4122214708, 0.5363325363, 0.0514459929],
      [0.2119034982, 0.6806995451, 0.1073969566],
      [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    light.map((c) => Math.min(Math.max(c, 0), 1)) as unknown as Colour,
  ).map(Math.cbrt) as unknown as Colour;
  return times(
    [
      [0.2104542553, 0.793617785, -0.0040720468],
      [1.9779984951, -2.428592205, 0.4505937099],
      [0.0259040371, 0.7827717662, -0.808675766],
    ],
    cones,
  );
}

const luminance = (hex: string) => times([[0.2126, 0.7152, 0.0722]], linear(hex))[0];

describe.each(Object.entries(PALETTE))('the colours of runs, %s', (_, { paper, lines }) => {
  it('are twelve, each with a contrast to the paper of at least 3', () => {
    expect(new Set(lines).size).toBe(12);
    for (const colour of lines) {
      const [a, b] = [luminance(colour), luminance(paper)];
      expect((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05), colour).toBeGreaterThanOrEqual(3);
    }
  });

  // A difference of 0.02 can just be seen.
  it.each(Object.entries(EYES))('differ, each from each, for eyes with %s', (_, matrix) => {
    const seen = lines.map((colour) => oklab(times(matrix, linear(colour))));
    for (let i = 0; i < seen.length; i++) {
      for (let j = 0; j < i; j++) {
        const distance = Math.hypot(...seen[i].map((x, k) => x - seen[j][k]));
        expect(distance, `${lines[i]} ${lines[j]}`).toBeGreaterThan(0.09);
      }
    }
  });
});
