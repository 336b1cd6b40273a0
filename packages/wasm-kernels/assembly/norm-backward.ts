import { madd, storePair, sumLanes } from './lanes';

/**
 * The gradients of normalised rows (see norm.ts), with x̂ = (x − μ) r and h = dy · gain:
 *
 *     dx = r (h − mean h − x̂ mean(h x̂))          without `mean h` if not centred
 *     dgain = Σ dy x̂          dbias = Σ dy          over the rows
 *
 * @param dbias Where its gradient goes; 0 if there is no bias.
 */
export function normBackward(
  dy: usize,
  x: usize,
  gain: usize,
  means: usize,
  scales: usize,
  dx: usize,
  dgain: usize,
  dbias: usize,
  rows: usize,
  width: usize,
  center: bool,
): void {
  const step = width * 4;
  memory.fill(dgain, 0, step);
  if (dbias !== 0) memory.fill(dbias, 0, step);
  for (; rows > 0; rows--, dy += step, x += step, dx += step, means += 4, scales += 4) {
    rowBackward(dy, x, gain, dx, dgain, dbias, width, load<f32>(means), load<f32>(scales), center);
  }
}

function rowBackward(
  dy: usize,
  x: usize,
  gain: usize,
  dx: usize,
  dgain: usize,
  dbias: usize,
  width: usize,
  mean: f32,
  scale: f32,
  center: bool,
): void {
  const end = width * 4;
  const m = f32x4.splat(mean);
  const s = f32x4.splat(scale);
  let hLeft = f32x4.splat(0);
  let hRight = f32x4.splat(0);
  let hxLeft = f32x4.splat(0);
  let hxRight = f32x4.splat(0);
  let i: usize = 0;
  for (; i + 32 <= end; i += 32) {
    const left = f32x4.mul(v128.load(dy + i), v128.load(gain + i));
    const right = f32x4.mul(v128.load(dy + i, 16), v128.load(gain + i, 16));
    hLeft = f32x4.add(hLeft, left);
    hRight = f32x4.add(hRight, right);
    hxLeft = madd(left, f32x4.mul(f32x4.sub(v128.load(x + i), m), s), hxLeft);
    hxRight = madd(right, f32x4.mul(f32x4.sub(v128.load(x + i, 16), m), s), hxRight);
  }
  let sumH = sumLanes(f32x4.add(hLeft, hRight));
  let sumHX = sumLanes(f32x4.add(hxLeft, hxRight));
  for (; i < end; i += 4) {
    const h = load<f32>(dy + i) * load<f32>(gain + i);
    sumH += h;
    sumHX += h * (load<f32>(x + i) - mean) * scale;
  }
  const meanH: f32 = center ? sumH / f32(width) : 0;
  const meanHX = sumHX / f32(width);

  const mh = f32x4.splat(meanH);
  const mhx = f32x4.splat(meanHX);
  for (i = 0; i + 32 <= end; i += 32) {
    const dLeft = v128.load(dy + i);
    const dRight = v128.load(dy + i, 16);
    const zLeft = f32x4.mul(f32x4.sub(v128.load(x + i), m), s);
    const zRight = f32x4.mul(f32x4.sub(v128.load(x + i, 16), m), s);
    const left = f32x4.sub(f32x4.mul(dLeft, v128.load(gain + i)), mh);
    const right = f32x4.sub(f32x4.mul(dRight, v128.load(gain + i, 16)), mh);
    storePair(
      dx + i,
      f32x4.mul(s, f32x4.sub(left, f32x4.mul(zLeft, mhx))),
      f32x4.mul(s, f32x4.sub(right, f32x4.mul(zRight, mhx))),
    );
    const g = dgain + i;
    storePair(g, madd(dLeft, zLeft, v128.load(g)), madd(dRight, zRight, v128.load(g, 16)));
    if (dbias === 0) continue;
    const b = dbias + i;
    storePair(b, f32x4.add(v128.load(b), dLeft), f32x4.add(v128.load(b, 16), dRight));
  }
  for (; i < end; i += 4) {
    const d = load<f32>(dy + i);
    const z = (load<f32>(x + i) - mean) * scale;
    store<f32>(dx + i, scale * (d * load<f32>(gain + i) - meanH - z * meanHX));
    store<f32>(dgain + i, load<f32>(dgain + i) + d * z);
    if (dbias !== 0) store<f32>(dbias + i, load<f32>(dbias + i) + d);
  }
}
