/** Contract: a trainer turns a base model, examples and a recipe into a checkpoint. Every implementation runs trainer.conformance.ts. */

/**
 * What one example asks the model to learn, in the ecosystem's own shapes. Loss falls on the assistant's turns, the completion, or the whole text. Of a
 * preference the chosen answer should gain against the rejected one (DPO).
 */
export type TrainingContent =
  | { readonly messages: readonly ChatMessage[] }
  | { readonly prompt: string; readonly completion: string }
  | { readonly text: string }
  | { readonly prompt: string; readonly chosen: string; readonly rejected: string }

/** A line of the examples file. `source` names where it is from, for recipes that mix sources by weight. */
export type TrainingExample = TrainingContent & { readonly source?: string | readonly string[] }

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
  /** Examples in a batch, drawn at random; the trainer computes as few of them at a time as costs least. A preference is one example with two answers. */
  readonly batchSize: number
  /** Batches added up before one optimiser step. */
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
  /** Steps between checkpoints; the validation loss is taken as often. */
  readonly checkpointEvery: number
  /** How far preferences may move the model from its base: the β of DPO; larger stays nearer. */
  readonly preferenceBeta: number
  /** Computes attention's weights again in the backward pass instead of keeping them: about 5 % slower, the same bytes, and much less memory for long sequences. */
  readonly recompute: boolean
  /**
   * How the products with the frozen base are taken. `int8`: its matrices and what they are multiplied with in 8 bits, faster and in less memory, and rounded by
   * about 1 %; for method lora.
   */
  readonly precision: 'float32' | 'int8'
  /** Share of the examples that is not trained on but gives a validation loss; 0: none. The best weights by it are the result. */
  readonly validation: number
  /** Validations without a better loss after which the run ends early; null: never. */
  readonly patience: number | null
  /** Share of all steps, at the end, whose weights are averaged into the result; 0: the last weights alone. */
  readonly average: number
  /** How often examples of a source are seen in a pass, by its name: 2 twice, 0.5 half of them, 0 never. Several that match multiply. */
  readonly mix: Readonly<Record<string, number>>
}

export interface LoraMethod {
  readonly kind: 'lora'
  readonly rank: number
  readonly alpha: number
  /** As in PEFT: q_proj k_proj v_proj o_proj gate_proj up_proj down_proj. */
  readonly targetModules: readonly string[]
}

/** What decides the defaults of a recipe. */
export interface RecipeBase {
  readonly parameters: number
  readonly contextLength: number
  /** Its linear layers, all of which are targeted by default. */
  readonly targetModules: readonly string[]
}

/** The settings of a recipe that no base decides. */
export const defaultSettings = {
  epochs: 3,
  maxSteps: null,
  batchSize: 8,
  accumulation: 1,
  schedule: 'cosine',
  warmup: 0.05,
  weightDecay: 0,
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  clip: 1,
  seed: 1,
  checkpointEvery: 50,
  preferenceBeta: 0.1,
  recompute: false,
  precision: 'float32',
  validation: 0,
  patience: null,
  average: 0,
  mix: {},
} as const satisfies Partial<Recipe>

/** A recipe that trains an adapter of any base passably. */
export function defaultRecipe({ parameters, contextLength, targetModules }: RecipeBase): Recipe & { readonly method: LoraMethod } {
  return {
    method: { kind: 'lora', rank: 16, alpha: 32, targetModules },
    ...defaultSettings,
    maxLength: Math.min(512, contextLength),
    learningRate: defaultLearningRate(parameters),
  }
}

/** Small models take, and need, larger steps: 3e-3 trains adapters of a 4M model well, 2e-4 is the custom from 1B up. */
function defaultLearningRate(parameters: number): number {
  if (parameters < 30e6) return 3e-3
  return parameters < 500e6 ? 1e-3 : 2e-4
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
      /** Examples held out for validation, among `examples`. */
      readonly heldOut: number
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
  /** The loss of the held-out examples, as `step`'s. */
  | { readonly kind: 'validated'; readonly step: number; readonly loss: number; /** Better than all before. */ readonly best: boolean }
  | { readonly kind: 'checkpoint'; readonly step: number; /** For `resume`. */ readonly file: string }
  | {
      readonly kind: 'finished'
      /** The last step trained; fewer than planned where validation ended the run early. */
      readonly step: number
      /** Of the last step. */
      readonly loss: number
      readonly seconds: number
      readonly peakBytes: number
      /** The weights: a PEFT adapter folder for LoRA, a folder laid out as the base for full training. */
      readonly folder: string
    }

/** A request that trains nothing anybody keeps: it writes no files. */
export type StudyRequest = Omit<TrainingRequest, 'output' | 'resume'>

/** A short run whose learning rate grows from `from` to `to`, by the same factor at each step. */
export interface RateSearch {
  readonly from: number
  readonly to: number
  readonly steps: number
}

export type RateEvent =
  | {
      readonly kind: 'step'
      readonly step: number
      readonly steps: number
      readonly rate: number
      readonly loss: number
      /** The loss smoothed over some ten steps. */
      readonly smooth: number
    }
  /** A rate to train with, or null where no rate lowered the loss. */
  | { readonly kind: 'finished'; readonly suggested: number | null }

export interface TraceRequest extends StudyRequest {
  /** A JSONL file like `examples`: what is asked about, one query a line. */
  readonly queries: string
}

export type TraceEvent =
  | { readonly kind: 'planned'; readonly examples: number }
  | {
      readonly kind: 'traced'
      /** Which example, from 0, in the order of the file. */
      readonly example: number
      /** Mean nats per loss token. */
      readonly loss: number
      /** ⟨gradient of the example's summed loss, gradient of the query's⟩ for each query: positive where learning one would have lowered the other's loss. */
      readonly products: readonly number[]
    }

export interface AverageRequest {
  /** As in a TrainingRequest. */
  readonly base: string
  /** PEFT adapter folders of that base, alike in rank, alpha and target modules. */
  readonly adapters: readonly string[]
  /** An existing folder. */
  readonly output: string
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
  /** Looks for a learning rate from the request's starting weights. It ends early where the loss has exploded. */
  findRate(request: StudyRequest, search: RateSearch, options?: { signal?: AbortSignal }): AsyncIterable<RateEvent>
  /**
   * How much each example pulls the adapter where the queries do: every example once, the shortest first. Throws `invalid` on preferences, whose loss is of
   * two answers, and for method full.
   */
  trace(request: TraceRequest, options?: { signal?: AbortSignal }): AsyncIterable<TraceEvent>
  /** Writes the adapter whose A and B are the means of the given ones', and returns its folder. Throws `invalid` on adapters that differ in form. */
  average(request: AverageRequest): Promise<string>
}
