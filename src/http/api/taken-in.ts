/** What an answer says of what followed from an offer at once. */

import { z } from './openapi.ts'
import { patrol } from './schemas.ts'

export { takenIn, type OfferingApp, type TakenIn } from '../../domain/release-train/take-in.ts'

export const takenInFields = {
  patrol: patrol.nullable().openapi({ description: 'Set where it was accepted at once, to be patrolled later.' }),
  reasons: z.array(z.string()).openapi({ description: 'Where the community patrols: why this one is reviewed first.' }),
}
