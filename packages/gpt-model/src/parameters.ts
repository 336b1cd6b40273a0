import type { ResolvedConfig } from './config.js';

/**
 * The name and shape of every parameter of a model, in the order of the forward pass.
 *
 *     embed.weight             [tokens, width]          also the head's if tied
 *     position.weight          [contextLength, width]   learned positions
 *     blocks.0.norm1.weight    [width]                  and .bias
 *     blocks.0.attention.qkv.weight  [(heads + 2 kvHeads) headDim, width]   or .q, .k and .v; each with .bias
 *     blocks.0.attention.scoreBias   [contextLength, heads]                 by distance
 *     blocks.0.attention.out.weight  [width, heads · headDim]               and .bias
 *     blocks.0.norm2.weight    [width]
 *     blocks.0.mlp.up.weight   [mlpWidth, width]        and .bias; gated also .gate, or both in .gateUp, gate first
 *     blocks.0.mlp.down.weight [width, mlpWidth]        and .bias
 *     norm.weight              [width]                  and .bias
 *     head.weight              [tokens, width]          and .bias
 *
 * With experts, `mlp.router.weight` [experts, width] and `mlp.experts.0.up.weight` and so on. Matrices are
 * `[out, in]`, as in PyTorch: y = x Wᵀ + b.
 */
export function parameterShapes(config: ResolvedConfig): Map<string, number[]> {
  const { width, headDim, heads, kvHeads, mlpWidth, experts, contextLength } = config;
  const shapes = new Map<string, number[]>();
  const matrix = (name: string, out: number, input: number, bias: boolean) => {
    shapes.set(`${name}.weight`, [out, input]);
    if (bias) shapes.set(`${name}.bias`, [out]);
  };
  const norm = (name: string) => {
    if (config.norm === 'none' || config.norm === 'tanh') return;
    if (config.normGain) shapes.set(`${name}.weight`, [width]);
    if (config.normBias && config.norm === 'layerNorm') shapes.set(`${name}.bias`, [width]);
  };
  const mlp = (name: string) => {
    const { gatedMlp, fusedGate, mlpBias } = config;
    if (gatedMlp && fusedGate) matrix(`${name}.gateUp`, 2 * mlpWidth, width, mlpBias);
    else {
      if (gatedMlp) matrix(`${name}.gate`, mlpWidth, width, mlpBias);
      matrix(`${name}.up`, mlpWidth, width, mlpBias);
    }
    matrix(`${name}.down`, width, mlpWidth, mlpBias);
  };

  matrix('embed', config.tiedHead ? outputsOf(config) : config.vocabSize, width, false);
  if (config.position === 'learned') matrix('position', contextLength, width, false);
  for (let i = 0; i < config.layers; i++) {
    const block = `blocks.${i}`;
    const attention = `${block}.attention`;
    norm(`${block}.norm1`);
    if (config.fusedQkv) {
      matrix(`${attention}.qkv`, (heads + 2 * kvHeads) * headDim, width, config.qkvBias);
    } else {
      matrix(`${attention}.q`, heads * headDim, width, config.qkvBias);
      matrix(`${attention}.k`, kvHeads * headDim, width, config.qkvBias);
      matrix(`${attention}.v`, kvHeads * headDim, width, config.qkvBias);
    }
    if (config.scoreBias) shapes.set(`${attention}.scoreBias`, [contextLength, heads]);
    matrix(`${attention}.out`, width, heads * headDim, config.attentionOutBias);
    norm(`${block}.norm2`);
    if (experts > 0) {
      matrix(`${block}.mlp.router`, experts, width, false);
      for (let e = 0; e < experts; e++) mlp(`${block}.mlp.experts.${e}`);
    } else {
      mlp(`${block}.mlp`);
    }
  }
  if (config.finalNorm) norm('norm');
  if (!config.tiedHead) matrix('head', outputsOf(config), width, false);
  if (config.headBias) shapes.set('head.bias', [outputsOf(config)]);
  return shapes;
}

/** How many logits a position gets. */
const outputsOf = ({ vocabSize, expandHead }: ResolvedConfig): number => vocabSize + (expandHead ? 1 : 0);
