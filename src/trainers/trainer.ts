/** Contract: a trainer turns a base model, examples and a recipe into a checkpoint. Every implementation runs trainer.conformance.ts. */

/** What one example asks the model to learn, in the ecosystem's own shapes. Loss falls on the assistant's turns, the completion, or the whole text. */
export type TrainingExample =
  { readonly messages: readonly ChatMessage[] } | { readonly prompt: string; readonly completion: string } | { readonly text: string }

export interface ChatMessage {
  readonly role: 'system' | 'user' | 'assistant'
  readonly content: string
}

/** Everything that decides a run but data and base. */
export interface Recipe {
  readonly method: LoraMethod | { readonly kind: 'full' }
  /** Passes over the data; fractions allowed. `maxSteps` ends a run earlier. */
  readonly epochs: number
  readonly maxSteps: number | null
  /** Tokens per example at most; a longer one is cut at the end, and the count of those cut is reported. */
  readonly maxLength: number
  /** Examples in one micro-batch. */
  readonly batchSize: number
  /** Micro-batches added up before one optimiser step. */
  readonly accumulation: number
  readonly learningRate: number
  readonly schedule: 'constant' | 'cosine'
  /** Share of all steps spent warming up, 0 to 1. */
  readonly warmup: number
  readonly weightDecay: number
  readonly beta1: number
  readonly beta2: number
  readonly epsilon: number
  /** Largest global gradient norm; null for no clipping. */
  readonly clip: number | null
  readonly seed: number
  /** Steps between checkpoints. */
  readonly checkpointEvery: number
}

export interface LoraMethod {
  readonly kind: 'lora'
  readonly rank: number
  readonly alpha: number
  /** As in PEFT: q_proj k_proj v_proj o_proj gate_proj up_proj down_proj. */
  readonly targetModules: readonly string[]
}

export interface TrainingRequest {
  /** A folder with config.json, tokenizer.json, tokenizer_config.json and *.safetensors, as the ecosystem lays them out. */
  readonly base: string
  /** A JSONL file, one TrainingExample a line, in the order of the dataset revision. */
  readonly examples: string
  readonly recipe: Recipe
  /** An existing, empty or resumable folder the trainer may write to. What it holds after `finished` is described by the event. */
  readonly output: string
  /** Warm start: a PEFT adapter folder of the same base, rank and target modules. */
  readonly adapter?: string
  /** A checkpoint file that an earlier run of the same request reported. The run goes on from there and ends bit for bit as if never interrupted. */
  readonly resume?: string
  /** Bytes the run may use; the default is what the machine has free. */
  readonly memoryBudget?: number
}

export type TrainingEvent =
  | {
      readonly kind: 'planned'
      readonly steps: number
      readonly examples: number
      /** Examples cut at maxLength. */
      readonly cut: number
      /** Tokens the loss counts, in one pass. */
      readonly lossTokens: number
      readonly trainableParameters: number
      readonly estimatedBytes: number
    }
  | {
      readonly kind: 'step'
      readonly step: number
      readonly steps: number
      /** Mean over the step's loss tokens, nats. */
      readonly loss: number
      readonly gradientNorm: number
      readonly learningRate: number
      /** Tokens of this step that are not padding. */
      readonly tokens: number
      readonly tokensPerSecond: number
      readonly secondsLeft: number
    }
  | { readonly kind: 'checkpoint'; readonly step: number; /** For `resume`. */ readonly file: string }
  | {
      readonly kind: 'finished'
      readonly step: number
      readonly loss: number
      readonly seconds: number
      readonly peakBytes: number
      /** The weights: a PEFT adapter folder for LoRA, a folder laid out as the base for full training. */
      readonly folder: string
    }

export interface MemoryEstimate {
  readonly bytes: number
  /** Where the bytes go, largest first: [what, bytes]. */
  readonly parts: readonly (readonly [string, number])[]
}

export interface Trainer {
  /** A run is a pure function of base digest, dataset revision, recipe and this. */
  readonly version: string
  /** Peak bytes the request would take. Throws `invalid` for a recipe the base cannot have (rank too large, unknown module, unsupported architecture). */
  estimate(request: TrainingRequest): Promise<MemoryEstimate>
  /**
   * Trains. Refuses with `invalid` before the first step what cannot work, in words. Aborting the signal ends the iteration with the
   * signal's reason after a checkpoint is on disk.
   */
  train(request: TrainingRequest, options?: { signal?: AbortSignal }): AsyncIterable<TrainingEvent>
}
