/** Hugging Face `config.json` of a causal language model, as far as we train and serve it. Source: transformers' LlamaConfig. */

/** Shapes and constants of a Llama-shaped decoder. Sizes are element counts. */
export interface HfConfig {
  /** As in `architectures[0]`, e.g. `LlamaForCausalLM`. */
  readonly architecture: string
  readonly vocabSize: number
  readonly hiddenSize: number
  readonly intermediateSize: number
  readonly layers: number
  readonly heads: number
  readonly kvHeads: number
  readonly headSize: number
  /** Longest sequence the base was made for, tokens. */
  readonly contextLength: number
  readonly ropeTheta: number
  readonly ropeScaling: Llama3RopeScaling | null
  readonly normEpsilon: number
  readonly tiedEmbeddings: boolean
  readonly bosTokenId: number | null
  readonly eosTokenIds: readonly number[]
  readonly padTokenId: number | null
}

export interface Llama3RopeScaling {
  readonly factor: number
  readonly lowFrequencyFactor: number
  readonly highFrequencyFactor: number
  readonly originalContextLength: number
}
