/** What there is of a release to look at, component by component: facts of the store, and the program that trained, measured and serves it. Pure. */

import type { Thing } from '../lineage/conclude-openness.ts'
import type { OpennessDeclaration } from '../models/openness-declaration.ts'
import { acceptedNumber } from '../training/run.ts'
import type { Candidate } from './candidate.ts'
import { dataCardPath } from './data-card.ts'
import type { ExampleFacts } from './release-licence.ts'
import type { GateReport } from './release.ts'

/** This program: every server shows its source under this path, under the project's licence. */
export const program = { licence: 'Apache-2.0', path: '/source' } as const

/**
 * The files of a release and what is said in them go under one licence together, the concluded one. What is not here is missing: there is no thing with an address.
 */
export function thingsOfRelease(
  { name, run, suites }: Candidate,
  { version, facts, gate }: { readonly version: string; readonly facts: ExampleFacts; readonly gate: GateReport },
): readonly Thing[] {
  const page = `/models/${name.split('/').map(encodeURIComponent).join('/')}`
  const files = `/api${page}/releases/${encodeURIComponent(version)}/export/peft`
  const together = facts.verdict.expression
  const ofProgram = (component: Thing['component'], path: string, sentence: string): Thing => ({
    component,
    licence: program.licence,
    address: `${program.path}/${path}`,
    sentence,
  })
  const ofRelease = (component: Thing['component'], address: string, sentence: string): Thing => ({
    component,
    licence: together,
    address,
    sentence,
  })
  const answered = gate.suites.find(({ comparison }) => comparison.suite.kind !== 'text')
  const things: readonly (Thing | null)[] = [
    ofProgram('model-architecture', 'src/ml/', 'How the adapter sits in the layers of its base, as code of this program.'),
    ofRelease('final-parameters', files, 'The adapter, to be downloaded; the files of a release go under the licence concluded for it.'),
    ofRelease('evaluation-results', `${page}/releases/${encodeURIComponent(version)}#measured`, 'Scores with intervals, suite by suite, against the base and the release before.'), // prettier-ignore
    ofRelease('model-card', `${files}/README.md`, 'The model card among the files of the release.'),
    ofRelease('data-card', `${files}/${dataCardPath}`, 'The data card among the files of the release.'),
    answered
      ? ofRelease('sample-outputs', `/api/evaluations/${answered.comparison.subject.evaluationId}/samples`, `Every answer it gave to ${answered.name}.`) // prettier-ignore
      : null,
    ofProgram('training-code', 'src/trainers/', `The trainer of this program, which made the weights as ${run.trainer}.`),
    ofProgram('inference-code', 'src/engines/', 'How this program serves a release with llama.cpp (MIT).'),
    ofProgram('evaluation-code', 'src/domain/evaluation/', 'How this program measures a release as it is served.'),
    suites.length === 0
      ? null
      : {
          component: 'evaluation-data',
          licence: conjunction(suites.map(({ licence }) => licence)),
          address: `${page}/suites`,
          sentence: evaluationSentence(suites),
        },
    {
      component: 'supporting-libraries',
      licence: `${program.licence} AND MIT`,
      address: `${program.path}/package.json`,
      sentence: 'This program, ONNX Runtime (MIT) and llama.cpp (MIT), in the versions that its list of packages fixes.',
    },
    {
      component: 'datasets',
      licence: conjunction(facts.licences.map(([licence]) => licence)),
      address: `/api${page}/dataset/${acceptedNumber(run)}/examples`,
      sentence: `Revision ${acceptedNumber(run)}, every example with its provenance: ${facts.licences.map(([licence, count]) => `${count.toLocaleString('en')} under ${licence}`).join(', ')}.`,
    },
    ofProgram('data-preprocessing-code', 'src/domain/contributions/', 'The checks that every contribution passed, and how examples become text, as code of this program.'), // prettier-ignore
    ofRelease(
      'model-metadata',
      `/api/runs/${run.id}`,
      'The whole recipe, what trained it and where it ran, as a record; and the adapter’s configuration.',
    ),
  ]
  return things.filter((thing) => thing !== null)
}

/** What a community declares that its releases cannot know of themselves. */
export function declaredThings(declaration: Pick<OpennessDeclaration, 'components' | 'by'> | null): readonly Thing[] {
  return (declaration?.components ?? []).map(({ component, licence, address }) => ({
    component,
    licence,
    address,
    sentence: `Declared by ${declaration?.by}.`,
  }))
}

/** All of them hold; null where one is not known. */
function conjunction(licences: readonly (string | null)[]): string | null {
  if (licences.length === 0 || licences.some((licence) => licence === null)) return null
  const parts = [...new Set(licences as readonly string[])].sort()
  return parts.length === 1 ? parts[0]! : parts.map((part) => (/ OR /i.test(part) ? `(${part})` : part)).join(' AND ')
}

function evaluationSentence(suites: Candidate['suites']): string {
  const silent = suites.filter(({ licence }) => licence === null).map(({ name }) => name)
  const fact = `${suites.length} ${suites.length === 1 ? 'suite' : 'suites'} with every case.`
  if (silent.length === 0) return fact
  const shown = silent.length > 4 ? `${silent.slice(0, 3).join(', ')} and ${silent.length - 3} more` : silent.join(', ')
  return `${fact} Nobody has said under which licence the cases of ${shown} are given.`
}
