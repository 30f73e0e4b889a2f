/** release and export: what passed its gate, with its changelog, as files other tools read. */

import { createWriteStream } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join, resolve, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import { AppError } from '../../errors.ts'
import type { Answers } from '../../http/api/schemas.ts'
import { action, examples, wholeNumber } from '../command.ts'
import { bytes, table } from '../output.ts'
import { classLine } from './openness-line.ts'
import { clauseLine, comparisonLine, evaluateAndWait } from './evaluation.ts'

type Release = Answers['release']

interface ExportListing {
  readonly files: { readonly path: string; readonly digest: string; readonly size: number }[]
}

export function releaseCommands(program: Command): void {
  const release = program.command('release').description('releases')

  release
    .command('publish <owner/name>', { isDefault: true })
    .description('publish the newest run (or the one named) once its gate holds')
    .requiredOption('--version <version>', 'a semantic version above the last one')
    .option('--run <id>', 'a training run', wholeNumber('--run'))
    .addHelpText('after', examples(['release marathi/saathi --version 0.1.0']))
    .action(
      action(
        async ({ client, output, signal }, name: string, options: { version: string; run?: number }) => {
          // What the gate needs is measured first; what is there already costs nothing.
          await evaluateAndWait(client, output, name, options.run === undefined ? {} : { run: options.run }, signal)
          output.result(await client.post<Release>(`/api/models/${name}/releases`, options), describe)
        },
        { works: true },
      ),
    )

  release
    .command('list <owner/name>')
    .description('releases, newest first')
    .addHelpText('after', examples(['release list marathi/saathi']))
    .action(
      action(async ({ client, output }, name: string) => {
        const all = await client.get<Release[]>(`/api/models/${name}/releases`)
        output.result(all, (list) =>
          list.length
            ? table(
                ['version', 'state', 'date', 'openness', 'licence'],
                list.map((it) => [
                  it.version,
                  it.state,
                  it.createdAt.slice(0, 10),
                  it.openness === null ? '' : it.openness.class === null ? 'none' : ['I', 'II', 'III'][it.openness.class - 1]!,
                  it.licence.expression,
                ]),
              )
            : 'No release yet.',
        )
      }),
    )

  release
    .command('show <owner/name@version>')
    .description('one release: gate, licence, artefacts; --card prints its model card')
    .option('--card', 'the model card, as Markdown')
    .addHelpText('after', examples(['release show marathi/saathi@0.1.0', 'release show marathi/saathi@latest --card']))
    .action(
      action(async ({ client, output }, subject: string, options: { card?: boolean }) => {
        const { name, version } = parseSubject(subject)
        const found = await client.get<Release>(`/api/models/${name}/releases/${version}`)
        output.result(found, (it) => (options.card ? it.card : describe(it)))
      }),
    )

  release
    .command('retract <owner/name@version>')
    .description('take a release back: it stays on record with the reason and is no longer served')
    .requiredOption('--reason <text>', 'why')
    .addHelpText('after', examples(['release retract marathi/saathi@0.1.0 --reason "Wrong month names"']))
    .action(
      action(async ({ client, output }, subject: string, options: { reason: string }) => {
        const { name, version } = parseSubject(subject)
        output.result(
          await client.post<Release>(`/api/models/${name}/releases/${version}/retract`, options),
          (it) => `${it.model}@${it.version} is retracted: ${it.retraction}`,
        )
      }),
    )

  program
    .command('export <owner/name@version> <folder>')
    .description('write a release as files other tools read')
    .requiredOption('--format <format>', 'peft (adapter), gguf (base and adapter) or gguf-merged (one file)')
    .addHelpText(
      'after',
      examples(['export marathi/saathi@0.1.0 ./saathi --format peft', 'export marathi/saathi@0.1.0 ./saathi-gguf --format gguf-merged']),
    )
    .action(
      action(async ({ client, output, signal }, subject: string, folder: string, options: { format: string }) => {
        const { name, version } = parseSubject(subject)
        const path = `/api/models/${name}/releases/${version}/export/${options.format}`
        const { files } = await client.get<ExportListing>(path)
        const target = resolve(folder)
        const there = await readdir(target).catch(() => [])
        if (there.length) throw new AppError('conflict', `${folder} is not empty; name another folder or empty it.`)
        // The folder appears whole or not at all.
        const partial = `${target}.part`
        await rm(partial, { recursive: true, force: true })
        for (const [at, file] of files.entries()) {
          const place = resolve(partial, file.path)
          if (!place.startsWith(partial + sep)) throw new AppError('invalid', `The server named a file outside the folder: ${file.path}.`)
          output.progress(at / files.length, `${file.path} ${bytes(file.size)}`)
          await mkdir(dirname(place), { recursive: true })
          await pipeline(await client.download(`${path}/${file.path}`), createWriteStream(place), { signal })
        }
        await rm(target, { recursive: true, force: true })
        await rename(partial, target)
        output.endProgress()
        output.result({ folder: target, files }, (it) =>
          [`Wrote ${it.folder}`, ...it.files.map((file) => `  ${join(file.path)}  ${bytes(file.size)}  ${file.digest}`)].join('\n'),
        )
      }),
    )
}

/** `owner/name@version`, or `owner/name` for the newest. */
export function parseSubject(subject: string): { name: string; version: string } {
  const [name, version, ...more] = subject.split('@')
  if (!name?.includes('/') || more.length)
    throw new AppError('invalid', `${JSON.stringify(subject)} must read owner/name or owner/name@version.`)
  return { name, version: version ?? 'latest' }
}

function describe(release: Release): string {
  return [
    `${release.model}@${release.version} is ${release.state}${release.retraction ? `: ${release.retraction}` : ''}`,
    ...release.gate.suites.map((it) => {
      const apart = it.comparison.suite.role === 'regression' ? ' (regression cases, which may have been trained on)' : ''
      return `  ${it.name}${apart}: ${comparisonLine(it.comparison, release.gate.against)}`
    }),
    ...(release.gate.charter ?? []).map((it) => `  ${clauseLine(it)}`),
    `licence: ${release.licence.expression}. ${release.licence.summary}`,
    `openness: ${release.openness ? classLine(release.openness) : 'not graded'}`,
    ...release.artefacts.map((it) => `  ${it.path}  ${bytes(it.size)}  ${it.digest}`),
    `Talk to it: commonweights chat ${release.model}@${release.version} "…"`,
  ].join('\n')
}
