/** The openness of a release in one line. */

import type { OpennessAnswers } from '../../http/api/openness-schemas.ts'

type Verdict = OpennessAnswers['verdict']

const roman = { 1: 'I (open science)', 2: 'II (open tooling)', 3: 'III (open model)' } as const

/** "class III (open model); class II: 6 of 10, lacks …" */
export function classLine({ class: reached, classes }: Pick<Verdict, 'class' | 'classes'>): string {
  const next = classes.find(({ lacks }) => lacks.length > 0)
  const now = reached === null ? 'no openness class yet' : `class ${roman[reached]}`
  return next ? `${now}; class ${roman[next.class]}: ${next.met} of ${next.of} open, lacks ${next.lacks.join(', ')}` : now
}
