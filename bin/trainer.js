// `commonweights/trainer`: the trainer as a library. What it exports is written and explained in src/trainers/library.ts.
import './typescript.js'

// Static imports are read before anything runs, and the sources can be read only afterwards.
export const { train, estimate, findLearningRate, traceExamples, averageAdapters } = await import('../src/trainers/library.ts')
