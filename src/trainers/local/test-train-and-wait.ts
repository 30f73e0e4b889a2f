/** A program for tests to kill: trains what its argument asks and reports each event. */

import type { TrainingRequest } from '../trainer.ts'
import { localTrainer } from './local-trainer.ts'

const request = JSON.parse(process.argv[2]!) as TrainingRequest
for await (const event of localTrainer().train(request)) process.send?.(event)
