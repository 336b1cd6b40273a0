import { matrixValues } from '../matrix-values.js';
import { biasRms } from './bias-rms.js';
import type { LayerBounds } from './layer-bounds.js';
import { log10Add } from './log10.js';
import type { LipschitzBlock, LipschitzTransformerDescription } from './model-description.js';
import { nonlinearityBounds } from './nonlinearity.js';
import { type BoundedWeight, boundWeight, headNorms, largestColumnRms, lengthOf } from './weight-norms.js';

/** The layers of the `lipschitz` transformer, each valid on the ball that the layers before it map into. */
export function certifyTransformer(
  model: LipschitzTransformerDescription,
  requestedRms?: number,
): { inputRms: number; layers: LayerBounds[] } {
  const { blocks, finalScale = 1, residualWeight = 1 / (2 * blocks.length) } = model;
  requireNumbers({ ...model, finalScale, residualWeight });

  const embedding = boundWeight(model.embedding, 'embedding');
  const width = embedding.out;
  const inputRms = requestedRms ?? largestInputRms(model, embedding);
  const layers: LayerBounds[] = [];
  let log10Rms = Math.log10(inputRms);

  /** (1−α) x + α f(x), for an f that multiplies differences by up to L and vectors by up to `gain`. */
  const residual = (
    name: string,
    log10L: number,
    log10Gain: number,
    norms: Pick<LayerBounds, 'norms' | 'headNorms'>,
  ) => {
    const mix = (log: number) =>
      log10Add(Math.log10(Math.abs(1 - residualWeight)), Math.log10(Math.abs(residualWeight)) + log);
    log10Rms += mix(log10Gain);
    layers.push({ name, log10Lipschitz: mix(log10L), log10OutputRms: log10Rms, ...norms });
  };

  blocks.forEach((block, i) => {
    const attention = attentionBounds(block, `blocks.${i}`, width, model, log10Rms);
    residual(`blocks.${i}.attention`, attention.log10L, attention.log10Gain, attention);

    const mlp = mlpBounds(block, `blocks.${i}`, width, model);
    residual(`blocks.${i}.mlp`, mlp.log10L, mlp.log10Gain, mlp);
  });

  const head = boundWeight(model.head, 'head', width);
  const log10Head = Math.log10(Math.abs(finalScale)) + Math.log10(head.rms);
  layers.push({
    name: 'head',
    log10Lipschitz: log10Head,
    log10OutputRms: log10Add(
      log10Head + log10Rms,
      Math.log10(biasRms(model.headBias, head.out, 'the bias of the head')),
    ),
    norms: { head: head.rms },
  });
  return { inputRms, layers };
}

/** Of any token, at any position. */
function largestInputRms({ positions }: LipschitzTransformerDescription, embedding: BoundedWeight): number {
  const tokens = largestColumnRms(embedding.values);
  if (!positions) return tokens;
  const values = matrixValues(positions, 'lipschitzCertificate', 'positions');
  if (values.shape.length === 2 && values.shape[0] === embedding.out)
    return tokens + largestColumnRms(values);
  throw new Error(
    `lipschitzCertificate: positions has shape [${values.shape}], expected [${embedding.out}, positions]. ` +
      'Transpose it if it is stored the other way.',
  );
}

/** Multi-head attention on tokens of RMS up to 10^log10Rms. The derivation is in docs/certificate.md, section 4. */
function attentionBounds(
  block: LipschitzBlock,
  name: string,
  width: number,
  { heads, scale = 1, valueScale = 1 / 3 }: LipschitzTransformerDescription,
  log10Rms: number,
) {
  const query = boundWeight(block.query, `${name}.query`, width);
  const key = boundWeight(block.key, `${name}.key`, width, query.out);
  const value = boundWeight(block.value, `${name}.value`, width);
  const output = boundWeight(block.output, `${name}.output`, value.out, width);
  const perHead = {
    query: headNorms(query, heads, `${name}.query`),
    key: headNorms(key, heads, `${name}.key`),
    value: headNorms(value, heads, `${name}.value`),
  };

  const keyValue = perHead.key.map((kappa, h) => kappa * perHead.value[h]);
  const coupling = Math.min(
    query.spectral * Math.max(...keyValue),
    lengthOf(keyValue.map((product, h) => product * perHead.query[h])),
  );
  const headWidth = query.out / heads;
  const values = Math.log10(lengthOf(perHead.value));
  const scores = Math.log10((2 * Math.abs(scale) * width * coupling) / headWidth) + 2 * log10Rms;
  const outer = Math.log10(Math.abs(valueScale)) + Math.log10(output.spectral);
  return {
    log10L: outer + log10Add(values, scores),
    log10Gain: outer + values,
    norms: { query: query.rms, key: key.rms, value: value.rms, output: output.rms },
    headNorms: perHead,
  };
}

function mlpBounds(
  block: LipschitzBlock,
  name: string,
  width: number,
  { activation = 'modulaGelu' }: LipschitzTransformerDescription,
) {
  const mlpIn = boundWeight(block.mlpIn, `${name}.mlpIn`, width);
  const mlpOut = boundWeight(block.mlpOut, `${name}.mlpOut`, mlpIn.out, width);
  const { slope, gain } = nonlinearityBounds(activation);
  const product = logNorms(mlpIn, mlpOut);
  return {
    log10L: Math.log10(slope) + product,
    log10Gain: Math.log10(gain) + product,
    norms: { mlpIn: mlpIn.rms, mlpOut: mlpOut.rms },
  };
}

const logNorms = (a: BoundedWeight, b: BoundedWeight) => Math.log10(a.rms) + Math.log10(b.rms);

function requireNumbers(model: LipschitzTransformerDescription): void {
  if (!(Number.isInteger(model.heads) && model.heads > 0)) {
    throw new Error(
      `lipschitzCertificate: heads is ${model.heads}, expected a positive integer. Pass the model's number of heads.`,
    );
  }
  for (const name of ['scale', 'valueScale', 'residualWeight', 'finalScale'] as const) {
    const number = model[name];
    if (
      number === undefined ||
      Number.isFinite(number) ||
      (name === 'residualWeight' && model.blocks.length === 0)
    )
      continue;
    throw new Error(
      `lipschitzCertificate: ${name} is ${number}, expected a finite number. Leave it out for the default.`,
    );
  }
}
