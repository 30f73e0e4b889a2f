/** discuss and discussion: what people say to each other about a proposal, an example, a clause, a suite or a release. */

import type { Command } from 'commander'
import { AppError } from '../../errors.ts'
import type { CommentAnswer, CommentVersionAnswer, ThreadAnswer } from '../../http/api/conversation.ts'
import { action, examples, wholeNumber } from '../command.ts'

const subjectHelp =
  '\nA subject is a contribution’s number, a release (owner/name@version), or one of' +
  '\nsuite:owner/name/suite · clause:owner/name/number · example:owner/name/sha256:…\n'

export function discussionCommands(program: Command): void {
  program
    .command('discuss <subject> <text>')
    .description('start a discussion of something; @name tells that person')
    .addHelpText(
      'after',
      examples(['discuss 12 "Are the digits right, @ravi?"', 'discuss clause:marathi/saathi/3 "Too strict?"']) + subjectHelp,
    )
    .action(
      action(async ({ client, output }, subject: string, text: string) => {
        output.result(await client.post<ThreadAnswer>('/api/threads', { subject: subjectOf(subject), text }), described)
      }),
    )

  const discussion = program.command('discussion').description('discussions')

  discussion
    .command('show <subject>', { isDefault: true })
    .description('every discussion of something')
    .option('--state <state>', 'open or resolved')
    .addHelpText('after', examples(['discussion 12', 'discussion show marathi/saathi@0.1.0 --state open']) + subjectHelp)
    .action(
      action(async ({ client, output }, subject: string, options: { state?: string }) => {
        const all = await client.get<ThreadAnswer[]>('/api/threads', { ...subjectOf(subject), ...options })
        output.result(all, (threads) => (threads.length === 0 ? 'Nobody has said anything yet.' : threads.map(described).join('\n\n')))
      }),
    )

  discussion
    .command('list <owner/name>')
    .description('every discussion in a community')
    .option('--state <state>', 'open or resolved')
    .addHelpText('after', examples(['discussion list marathi/saathi --state open']))
    .action(
      action(async ({ client, output }, name: string, options: { state?: string }) => {
        const all = await client.get<ThreadAnswer[]>(`/api/models/${name}/threads`, { ...options })
        output.result(all, (threads) => (threads.length === 0 ? 'Nobody has said anything yet.' : threads.map(described).join('\n\n')))
      }),
    )

  discussion
    .command('reply <thread> <text>')
    .description('say something in a discussion')
    .addHelpText('after', examples(['discussion reply 3 "They are."']))
    .action(
      action(async ({ client, output }, thread: string, text: string) => {
        output.result(await client.post<ThreadAnswer>(`/api/threads/${wholeNumber('The thread')(thread)}/comments`, { text }), described)
      }),
    )

  for (const [act, what] of [
    ['resolve', 'end a discussion (who started it, whose subject it is, reviewers)'],
    ['reopen', 'take it up again'],
  ] as const)
    discussion
      .command(`${act} <thread>`)
      .description(what)
      .addHelpText('after', examples([`discussion ${act} 3`]))
      .action(
        action(async ({ client, output }, thread: string) => {
          output.result(await client.post<ThreadAnswer>(`/api/threads/${wholeNumber('The thread')(thread)}/${act}`), described)
        }),
      )

  discussion
    .command('edit <comment> <text>')
    .description('put a comment of your own differently; what it said stays in its history')
    .addHelpText('after', examples(['discussion edit 7 "They are Devanagari."']))
    .action(
      action(async ({ client, output }, comment: string, text: string) => {
        output.result(await client.post<CommentAnswer>(`/api/comments/${wholeNumber('The comment')(comment)}/edit`, { text }), line)
      }),
    )

  discussion
    .command('history <comment>')
    .description('every version of a comment')
    .addHelpText('after', examples(['discussion history 7']))
    .action(
      action(async ({ client, output }, comment: string) => {
        const all = await client.get<CommentVersionAnswer[]>(`/api/comments/${wholeNumber('The comment')(comment)}/history`)
        output.result(all, (versions) =>
          versions.map((it) => `${it.version}  ${it.createdAt.slice(0, 16).replace('T', ' ')}  ${it.text ?? '(not shown)'}`).join('\n'),
        )
      }),
    )

  discussion
    .command('show-comment <comment>')
    .description('show a hidden comment again (maintainers)')
    .addHelpText('after', examples(['discussion show-comment 7']))
    .action(
      action(async ({ client, output }, comment: string) => {
        output.result(await client.post<CommentAnswer>(`/api/comments/${wholeNumber('The comment')(comment)}/show`), line)
      }),
    )

  for (const [act, what] of [
    ['hide', 'hide a comment; others see who hid it and why, its author and maintainers still see it (maintainers)'],
    ['erase', 'erase a comment from every version, where the law or a person’s right demands it (the operator)'],
  ] as const)
    discussion
      .command(`${act} <comment>`)
      .description(what)
      .requiredOption(
        '--reason <text>',
        act === 'hide' ? 'why: it stands where the comment stood' : 'the legal ground: it stands where the comment stood',
      )
      .addHelpText(
        'after',
        examples([`discussion ${act} 7 --reason "${act === 'hide' ? 'Insults somebody' : 'GDPR article 17, asked for by the person'}"`]),
      )
      .action(
        action(async ({ client, output }, comment: string, options: { reason: string }) => {
          output.result(await client.post<CommentAnswer>(`/api/comments/${wholeNumber('The comment')(comment)}/${act}`, options), line)
        }),
      )
}

function subjectOf(text: string): { kind: string; id: string } {
  if (/^\d+$/.test(text)) return { kind: 'contribution', id: text }
  const [, kind, id] = /^(contribution|release|suite|clause|example):(.+)$/.exec(text) ?? []
  if (kind !== undefined && id !== undefined) return { kind, id }
  if (/^[^/@]+\/[^/@]+@.+$/.test(text)) return { kind: 'release', id: text }
  throw new AppError(
    'invalid',
    `${JSON.stringify(text)} names nothing that is discussed; write a contribution’s number, owner/name@version, suite:…, clause:… or example:…`,
  )
}

function described({ id, subject, resolved, comments }: ThreadAnswer): string {
  const state = resolved === null ? 'open' : `resolved by ${resolved.by}`
  return [
    `Discussion ${id} of ${subject.kind} ${subject.id}, ${state}`,
    ...comments.map((comment) => `  ${line(comment).replaceAll('\n', '\n  ')}`),
  ].join('\n')
}

function line({ id, author, text, version, createdAt, hidden, erased }: CommentAnswer): string {
  const marks = [
    version > 1 ? `edited ${version - 1} times` : null,
    hidden && `hidden by ${hidden.by}: ${hidden.reason}`,
    erased && `erased by ${erased.by}: ${erased.reason}`,
  ].filter((mark) => mark !== null)
  return `[${id}] ${author}, ${createdAt.slice(0, 16).replace('T', ' ')}${marks.length === 0 ? '' : ` (${marks.join('; ')})`}${text === null ? '' : `\n    ${text.replaceAll('\n', '\n    ')}`}`
}
