import { checkOptions } from '@evenkeel/ops';
import {
  type AdamWOptions,
  adamW,
  both,
  isMatrix,
  named,
  not,
  optimizerClass,
  partition,
  type Select,
  type Transform,
} from '@evenkeel/optim';
import { MUON_OPTIONS, type MuonOptions, muon } from './muon.js';

export interface MuonWithAdamWOptions extends MuonOptions {
  /** Options of AdamW, which trains the other parameters. Default those of `adamW`. */
  adamW?: AdamWOptions;
  /**
   * The parameters that Muon trains, which must be matrices. Default all that have two or more axes, except embeddings,
   * positions and a GPT's head, by their names in GPT and tf.layers.
   */
  matrices?: Select;
}

/**
 * Muon for a whole model: the matrices by {@link muon}, the rest by `adamW`.
 *
 * Biases, gains and embeddings do not get better by orthogonal steps. For other pairs of transforms write `partition`.
 *
 * @throws As {@link muon} and `adamW`.
 * @see Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024, "Why is it good to orthogonalize".
 */
export function muonWithAdamW(options: MuonWithAdamWOptions = {}): Transform {
  checkOptions('muonWithAdamW', options, { ...MUON_OPTIONS, adamW: true, matrices: true });
  const { adamW: others, matrices = isHiddenMatrix, ...ofMuon } = options;
  return partition({ muon: muon(ofMuon), adamW: adamW(others) }, (param) =>
    matrices(param) ? 'muon' : 'adamW',
  );
}

/** `gpt/embed.weight`, `position.weight` and `head.weight` of a GPT, `embedding_Embedding1/embeddings` of tf.layers. */
const TABLES = /(^|[./])(embed|position|head)\.weight$|embeddings(_\d+)?$/;

const isHiddenMatrix: Select = both(isMatrix, not(named(TABLES)));

/**
 * {@link muonWithAdamW} as a `tf.Optimizer` class that tf.layers can save: `new Muon({ layout: 'inOut' })`, since kernels
 * of tf.layers are [in, out].
 */
export class Muon extends /* @__PURE__ */ optimizerClass<MuonWithAdamWOptions>('Muon', muonWithAdamW) {}
