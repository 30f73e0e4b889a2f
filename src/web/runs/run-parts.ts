/** What the list of runs and the page of one share: states and how they are shown. */

import type { TrainingRun } from '../../domain/training/run.ts'
import type { Html } from '../markup.ts'
import type { Translate } from '../messages.ts'
import { badge, type Tone } from '../parts/basics.ts'

const tones = { queued: 'plain', running: 'accent', finished: 'good', failed: 'bad', cancelled: 'warn' } as const satisfies Record<
  TrainingRun['state'],
  Tone
>

/** A cancelled run is still stopping until the trainer has let go of it. */
export function runBadge(t: Translate, { state, endedAt }: Pick<TrainingRun, 'state' | 'endedAt'>): Html {
  return state === 'cancelled' && endedAt === null ? badge(t('runs.state_stopping'), 'warn') : badge(t(`runs.state_${state}`), tones[state])
}

/** Whether something more will happen to it by itself. */
export function isLive({ state, endedAt }: Pick<TrainingRun, 'state' | 'endedAt'>): boolean {
  return state === 'queued' || state === 'running' || (state === 'cancelled' && endedAt === null)
}
