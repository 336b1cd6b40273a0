import { biasRms } from './bias-rms.js';
import type { LayerBounds } from './layer-bounds.js';
import { log10Add } from './log10.js';
import type { MlpDescription } from './model-description.js';
import { nonlinearityBounds } from './nonlinearity.js';
import { boundWeight } from './weight-norms.js';

/** The layers of an MLP: slope(φ) N(W) each, whatever the size of the input. */
export function certifyMlp(
  { layers }: MlpDescription,
  inputRms = 1,
): { inputRms: number; layers: LayerBounds[] } {
  if (layers.length === 0) {
    throw new Error('lipschitzCertificate: an MLP with no layers, expected one or more. Pass its layers.');
  }
  let log10Rms = Math.log10(inputRms);
  let width: number | undefined;
  const bounds = layers.map(({ weight, bias, activation = 'identity' }, i) => {
    const { rms, out } = boundWeight(weight, `the weight of layer ${i}`, width);
    const { slope, gain } = nonlinearityBounds(activation);
    const shift = biasRms(bias, out, `the bias of layer ${i}`);
    // |φ(Wx + b)| ≤ gain (N(W) |x| + |b|)
    log10Rms = Math.log10(gain) + log10Add(Math.log10(rms) + log10Rms, Math.log10(shift));
    width = out;
    return {
      name: `layers.${i}`,
      log10Lipschitz: Math.log10(slope * rms),
      log10OutputRms: log10Rms,
      norms: { weight: rms },
    };
  });
  return { inputRms, layers: bounds };
}
