/** receipt: what a release has of whose work, and what that did. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { AppError } from '../../errors.ts'
import type { MeasurementAnswer, ReceiptAnswer, ReceiptsAnswer } from '../../http/api/receipts.ts'
import type { Answers } from '../../http/api/schemas.ts'
import { action, examples, wholeNumber } from '../command.ts'
import { table } from '../output.ts'
import { parseSubject } from './release.ts'

/** Milliseconds between looks at a measurement that takes minutes. */
const lookAgain = 1_000

export function receiptCommands(program: Command): void {
  const receipt = program.command('receipt').description('what came of your work in a release')

  receipt
    .command('list [owner/name@version]')
    .description('receipts of a release, or of a person (yours, where nothing is said)')
    .option('--person <name>', 'whose')
    .addHelpText('after', examples(['receipt list marathi/saathi@0.1.0', 'receipt list --person asha']))
    .action(
      action(async ({ client, output }, subject: string | undefined, options: { person?: string }) => {
        if (subject !== undefined && options.person === undefined) {
          const { name, version } = parseSubject(subject)
          const all = await client.get<ReceiptsAnswer>(`/api/models/${name}/releases/${version}/receipts`, { limit: 200 })
          return output.result(
            all,
            ({ issued, receipts }) => listed(receipts) + (issued ? '' : '\nThey are being written; look again in a moment.'),
          )
        }
        const person = options.person ?? nameOf(await client.get<Answers['actor']>('/api/me'))
        const all = await client.get<ReceiptAnswer[]>(`/api/people/${encodeURIComponent(person)}/receipts`)
        const wanted = subject === undefined ? null : parseSubject(subject)
        const those = all.filter(
          ({ body: { release } }) =>
            wanted === null || (release.model === wanted.name && (wanted.version === 'latest' || release.version === wanted.version)),
        )
        return output.result(those, listed)
      }),
    )

  receipt
    .command('show <digest>')
    .description('one receipt by its digest: what is in, what it changed, what is not in and why')
    .addHelpText('after', examples(['receipt show sha256:…']))
    .action(
      action(async ({ client, output }, digest: string) => {
        output.result(await client.get<ReceiptAnswer>(`/api/receipts/${encodeURIComponent(digest)}`), described)
      }),
    )

  receipt
    .command('measure <owner/name@version>')
    .description('measure what a contribution did in a release, by leaving it out (its author, its reviewers, maintainers)')
    .requiredOption('--contribution <id>', 'which', wholeNumber('--contribution'))
    .option('--method <method>', 'warm (minutes, from the release before) or full (the release’s own training again)')
    .option('--detach', 'do not wait for it')
    .addHelpText('after', examples(['receipt measure marathi/saathi@0.2.0 --contribution 7']))
    .action(
      action(
        async ({ client, output, signal }, subject: string, options: { contribution: number; method?: string; detach?: boolean }) => {
          const { name, version } = parseSubject(subject)
          const path = `/api/models/${name}/releases/${version}/measurements`
          const { contribution, method } = options
          let measurement = await client.post<MeasurementAnswer>(path, { contribution, ...(method !== undefined && { method }) })
          let said: MeasurementAnswer['state'] | null = null
          while (!options.detach && (measurement.state === 'queued' || measurement.state === 'running')) {
            if (measurement.state !== said) output.note(`Measurement ${measurement.id} (${measurement.method}) is ${measurement.state} …`)
            said = measurement.state
            await sleep(lookAgain, null, { signal }).catch(() => signal.throwIfAborted())
            const all = await client.get<MeasurementAnswer[]>(path, { contribution })
            measurement = all.find(({ id }) => id === measurement.id) ?? measurement
          }
          output.result(
            measurement,
            (it) =>
              `Measurement ${it.id} of contribution ${it.contributionId} (${it.method}) is ${it.state}${it.error === null ? '' : `: ${it.error}`}.` +
              (it.state === 'finished' ? `\nThe receipts say what came out: receipt list ${name}@${version}` : ''),
          )
        },
        { works: true },
      ),
    )
}

function nameOf(actor: Answers['actor']): string {
  if (actor.kind === 'person') return actor.name
  throw new AppError('invalid', 'The operator has no receipts; name a release, or a person with --person.')
}

function listed(receipts: readonly ReceiptAnswer[]): string {
  if (receipts.length === 0) return 'No receipt.'
  return table(
    ['release', 'person', 'examples', 'reviewed', 'not in', 'digest'],
    receipts.map(({ digest, body: { person, release, included, reviewed, notIncluded } }) => [
      `${release.model}@${release.version}`,
      person,
      String(included.reduce((sum, { examples }) => sum + examples.standing, 0)),
      String(reviewed.length),
      String(notIncluded.length),
      digest,
    ]),
  )
}

function described({ digest, body, supersededBy }: ReceiptAnswer): string {
  const { person, release, included, notIncluded, reviewed } = body
  return [
    `What came of the work of ${person} in ${release.model} ${release.version}, published ${release.publishedAt.slice(0, 10)}`,
    ...included.flatMap(({ contribution, message, isNew, examples, gone, summary, effects }) => [
      `In it${isNew ? ', for the first time' : ''}: contribution ${contribution}, ${message} (${examples.standing} of ${examples.brought} examples)`,
      ...(gone === null ? [] : [`  ${gone}`]),
      `  ${summary}`,
      ...effects.flatMap(({ suites }) => suites.flatMap(({ answers }) => answers.flatMap(answerLines))),
    ]),
    ...reviewed.flatMap(({ contribution, author, message, examples, decisions, summary }) => [
      `Reviewed (${decisions.join(', ')}): contribution ${contribution} by ${author}, ${message} (${examples} examples)`,
      `  ${summary}`,
    ]),
    ...notIncluded.flatMap(({ contribution, message, sentence, by, words }) => [
      `Not in it: contribution ${contribution}, ${message}`,
      `  ${sentence}`,
      ...(words === null ? [] : [`  ${by ?? ''}: “${words}”`]),
    ]),
    `dataset ${release.dataset.digest} (${release.dataset.count} examples)`,
    ...release.artefacts.map(({ path, digest }) => `  ${path}  ${digest}`),
    `receipt ${digest}${supersededBy === null ? '' : `, replaced by ${supersededBy}`}`,
  ].join('\n')
}

type Answer = ReceiptAnswer['body']['included'][number]['effects'][number]['suites'][number]['answers'][number]

function answerLines({ asked, before, after, change }: Answer): string[] {
  if (before.kind === 'text' || after.kind === 'text') return []
  return [`    ${change}: ${asked}`, `      without: ${before.text}`, `      with:    ${after.text}`]
}
