import { backend_util } from '@tensorflow/tfjs';
import fc from 'fast-check';

type Pair = [number, number];
type Pad = 'same' | 'valid' | number | backend_util.ExplicitPadding;

/** A random convolution or pool over images. */
export interface WindowCase {
  x: [number, number, number, number];
  filter: Pair;
  strides: Pair;
  pad: Pad;
  seed: number;
}

const pair = (max: number) => fc.tuple(fc.integer({ min: 1, max }), fc.integer({ min: 1, max }));
const zeros = fc.nat(2);

const explicitPad = fc.tuple(zeros, zeros, zeros, zeros).map(
  ([top, bottom, left, right]): backend_util.ExplicitPadding => [
    [0, 0],
    [top, bottom],
    [left, right],
    [0, 0],
  ],
);

/**
 * @param dilations Of the windows' taps, for the check that the windows fit.
 * @param pads More paddings than 'same' and 'valid'.
 */
export const windowCases = (pads: fc.Arbitrary<Pad>[] = [fc.nat(2), explicitPad]): fc.Arbitrary<WindowCase> =>
  fc
    .record({
      x: fc.tuple(
        fc.integer({ min: 1, max: 3 }),
        ...([9, 9].map((max) => fc.integer({ min: 1, max })) as [fc.Arbitrary<number>, fc.Arbitrary<number>]),
        fc.constantFrom(1, 2, 3, 4, 5, 8, 13),
      ),
      filter: pair(4),
      strides: pair(3),
      pad: fc.oneof(fc.constantFrom<Pad>('same', 'valid'), ...pads),
      seed: fc.nat(),
    })
    .filter((c) => {
      const [, height, width] = outShape(c, 1);
      return height > 0 && width > 0;
    });

/** Shape of what a convolution with so many filters gives. */
export function outShape(
  { x, filter, strides, pad }: WindowCase,
  channels: number,
  dilations: Pair = [1, 1],
) {
  const filterShape: WindowCase['x'] = [...filter, x[3], channels];
  return backend_util.computeConv2DInfo(x, filterShape, strides, dilations, pad).outShape;
}

/** Calls `f` with the positions [batch, row, column] of each window and of each of its taps in the image. */
export function eachTap(
  { x, filter, strides, pad }: WindowCase,
  dilations: Pair,
  f: (out: number[], tap: number[], image: number[]) => void,
): void {
  const info = backend_util.computeConv2DInfo(x, [...filter, x[3], 1], strides, dilations, pad);
  const { top, left } = info.padInfo;
  for (let b = 0; b < x[0]; b++) {
    for (let p = 0; p < info.outHeight; p++) {
      for (let q = 0; q < info.outWidth; q++) {
        for (let i = 0; i < filter[0]; i++) {
          for (let j = 0; j < filter[1]; j++) {
            const [row, column] = [
              p * strides[0] + i * dilations[0] - top,
              q * strides[1] + j * dilations[1] - left,
            ];
            if (row < 0 || column < 0 || row >= x[1] || column >= x[2]) continue;
            f([b, p, q], [i, j], [b, row, column]);
          }
        }
      }
    }
  }
}
