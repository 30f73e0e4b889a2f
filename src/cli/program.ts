/** The command line: every command, its options and its examples. */

import { Command } from 'commander'
import { examples } from './command.ts'
import { baseCommands } from './commands/base.ts'
import { charterCommands } from './commands/charter.ts'
import { chatCommands } from './commands/chat.ts'
import { contributionCommands } from './commands/contribution.ts'
import { datasetCommands } from './commands/dataset.ts'
import { demoCommand } from './commands/demo.ts'
import { discussionCommands } from './commands/discussion.ts'
import { evaluationCommands } from './commands/evaluation.ts'
import { forecastCommands } from './commands/forecast.ts'
import { fixCommands } from './commands/fix.ts'
import { invitationCommands } from './commands/invitation.ts'
import { memberCommands } from './commands/member.ts'
import { modelCommands } from './commands/model.ts'
import { notificationCommands } from './commands/notification.ts'
import { opennessCommands } from './commands/openness.ts'
import { personCommands } from './commands/person.ts'
import { previewCommands } from './commands/preview.ts'
import { receiptCommands } from './commands/receipt.ts'
import { releaseTrainCommands } from './commands/release-train.ts'
import { releaseCommands } from './commands/release.ts'
import { reviewingCommands } from './commands/reviewing.ts'
import { runCommands } from './commands/run.ts'
import { searchCommands } from './commands/search.ts'
import { operatorCommands } from './commands/operator.ts'
import { serverCommands } from './commands/server.ts'
import { studyCommands } from './commands/study.ts'
import { suiteCommands } from './commands/suite.ts'
import { uploadCommands } from './commands/upload.ts'

export function createProgram(version: string): Command {
  const program = new Command('commonweights')
    .description('Wikipedia for open models: a community improves an open-weight model together.')
    .version(version, '-V', 'the version')
    .option('--home <folder>', 'the data folder (or COMMONWEIGHTS_HOME)')
    .option('--json', 'one JSON document on stdout, progress on stderr')
    .option('--token <token>', 'act as the person with this token (or COMMONWEIGHTS_TOKEN); without one, as the local operator')
    .configureHelp({ showGlobalOptions: true, sortSubcommands: false })
    .showHelpAfterError('(--help shows what there is)')
    .addHelpText(
      'after',
      examples([
        'demo',
        'serve --port 8080',
        'contribute marathi/saathi examples.jsonl --licence CC-BY-4.0 --language mr --origin human --source "written for this" --message "Greetings"',
        'chat marathi/saathi "5 March 2031 in Marathi" --temperature 0',
      ]),
    )
  for (const add of [
    serverCommands,
    operatorCommands,
    personCommands,
    baseCommands,
    modelCommands,
    suiteCommands,
    memberCommands,
    invitationCommands,
    contributionCommands,
    uploadCommands,
    reviewingCommands,
    previewCommands,
    datasetCommands,
    searchCommands,
    runCommands,
    evaluationCommands,
    forecastCommands,
    studyCommands,
    releaseCommands,
    releaseTrainCommands,
    opennessCommands,
    receiptCommands,
    discussionCommands,
    notificationCommands,
    chatCommands,
    fixCommands,
    charterCommands,
    demoCommand,
  ])
    add(program)
  return program
}
