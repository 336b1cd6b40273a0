import { madd, sumLanes } from './lanes';

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
  let h4 = f32x4.splat(0);
  let hx4 = f32x4.splat(0);
  let i: usize = 0;
  for (; i + 16 <= end; i += 16) {
    const h = f32x4.mul(v128.load(dy + i), v128.load(gain + i));
    h4 = f32x4.add(h4, h);
    hx4 = madd(h, f32x4.mul(f32x4.sub(v128.load(x + i), m), s), hx4);
  }
  let sumH = sumLanes(h4);
  let sumHX = sumLanes(hx4);
  for (; i < end; i += 4) {
    const h = load<f32>(dy + i) * load<f32>(gain + i);
    sumH += h;
    sumHX += h * (load<f32>(x + i) - mean) * scale;
  }
  const meanH: f32 = center ? sumH / f32(width) : 0;
  const meanHX = sumHX / f32(width);

  for (i = 0; i + 16 <= end; i += 16) {
    const d = v128.load(dy + i);
    const z = f32x4.mul(f32x4.sub(v128.load(x + i), m), s);
    const h = f32x4.sub(f32x4.mul(d, v128.load(gain + i)), f32x4.splat(meanH));
    v128.store(dx + i, f32x4.mul(s, f32x4.sub(h, f32x4.mul(z, f32x4.splat(meanHX)))));
    v128.store(dgain + i, madd(d, z, v128.load(dgain + i)));
    if (dbias !== 0) v128.store(dbias + i, f32x4.add(v128.load(dbias + i), d));
  }
  for (; i < end; i += 4) {
    const d = load<f32>(dy + i);
    const z = (load<f32>(x + i) - mean) * scale;
    store<f32>(dx + i, scale * (d * load<f32>(gain + i) - meanH - z * meanHX));
    store<f32>(dgain + i, load<f32>(dgain + i) + d * z);
    if (dbias !== 0) store<f32>(dbias + i, load<f32>(dbias + i) + d);
  }
}
