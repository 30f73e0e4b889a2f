/** Checks cases against the regression suites they are for, and changes of the charter against the charter. */

import type { Blobs } from '../../storage/blobs.ts'
import type { Db } from '../../storage/database.ts'
import { clauseConflicts } from '../models/charter.ts'
import { currentCharter } from '../models/charter-queries.ts'
import { questionKey } from '../models/question-key.ts'
import { notForCases, regressionsOf, sameExpected } from '../models/revise-regressions.ts'
import { currentSuite } from '../models/suite-queries.ts'
import { standingAnswers } from './check-answers.ts'
import type { Finding } from './contribution.ts'
import { casesAmong, clausesAmong, type PreparedChange } from './prepared-change.ts'

type App = { readonly db: Db; readonly blobs: Blobs }

export async function checkCases(app: App, modelId: number, changes: readonly PreparedChange[]): Promise<Finding[]> {
  const cases = casesAmong(changes)
  const findings: Finding[] = []
  for (const name of new Set(cases.map(({ suite }) => suite))) {
    const suite = await currentSuite(app.db, modelId, name)
    const own = cases.filter((one) => one.suite === name)
    const say = (row: number, severity: Finding['severity'], sentence: string) => findings.push({ check: 'case', severity, row, sentence })
    if (suite && (suite.role !== 'regression' || suite.kind !== 'exact')) {
      for (const { row } of own) say(row, 'error', notForCases(suite))
      continue
    }
    const [added] = own.filter(({ action }) => action === 'add')
    if (suite && suite.retiredAt !== null && added)
      say(added.row, 'warning', `The suite ${name} is retired: no release is asked its cases until a maintainer takes it up again.`)
    const there = new Map((await regressionsOf(app, suite)).map((sample) => [questionKey(sample), sample]))
    const first = new Map<string, number>()
    for (const { row, action, sample } of own) {
      const key = questionKey(sample)
      const known = there.get(key)
      const before = first.get(key)
      first.set(key, before ?? row)
      if (before !== undefined) say(row, 'error', `Row ${before} has a case for the same question.`)
      else if (action === 'remove') {
        if (!known || !sameExpected(known, sample)) say(row, 'error', `The suite ${name} has no such case.`)
      } else if (known && sameExpected(known, sample)) say(row, 'warning', `The suite ${name} has this case already.`)
      else if (known)
        say(
          row,
          'warning',
          `The suite ${name} expects ${JSON.stringify(known.expected.slice(0, 80))} to this question; accepting this replaces it.`,
        )
    }
  }
  return findings
}

export async function checkClauses(app: App, modelId: number, changes: readonly PreparedChange[]): Promise<Finding[]> {
  const clauses = clausesAmong(changes)
  if (clauses.length === 0) return []
  const charter = await currentCharter(app.db, modelId)
  const conflicts = clauseConflicts(
    charter,
    clauses.map(({ change }) => change),
  )
  const findings = conflicts.map(({ index, sentence }): Finding => ({
    check: 'clause',
    severity: 'error',
    row: clauses[index]?.row ?? null,
    sentence,
  }))
  const asked = clauses.flatMap(({ row, change }) =>
    change.action === 'remove' ? [] : change.clause.cases.map((one, i) => ({ row, place: i + 1, key: questionKey(one) })),
  )
  const taught = await standingAnswers(
    app.db,
    modelId,
    asked.map(({ key }) => key),
  )
  for (const { row, place, key } of asked)
    if (taught.has(key)) {
      const sentence = `The dataset answers the question of case ${place}: keeping the clause there would show what was learnt by heart. Ask something else.`
      findings.push({ check: 'overlap', severity: 'warning', row, sentence })
    }
  return findings
}
