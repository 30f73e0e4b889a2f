/** What is open of the bundled base, where it is in this program's own source. What is not named is not there: its data is made anew instead of kept, and so are no checkpoints. */

interface Declared {
  readonly component: string
  readonly licence: string
  readonly address: string
}

const apache = (component: string, path: string): Declared => ({ component, licence: 'Apache-2.0', address: `/source/${path}` })

/** As `POST /api/bases/{base}/openness` takes it. */
export const baseOpenness: { readonly components: readonly Declared[]; readonly source: string; readonly message: string } = {
  components: [
    apache('model-architecture', 'src/ml/llama/'),
    apache('technical-report', 'docs/design/base-model.md'),
    apache('evaluation-results', 'docs/languages.md'),
    apache('model-card', 'examples/base/model/README.md'),
    apache('data-card', 'examples/base/DATA.md'),
    apache('training-code', 'examples/base/build.ts'),
    apache('inference-code', 'src/engines/'),
    apache('evaluation-code', 'bench/languages.ts'),
    { component: 'supporting-libraries', licence: 'Apache-2.0 AND MIT', address: '/source/package.json' },
    apache('data-preprocessing-code', 'examples/base/corpus.ts'),
    apache('model-metadata', 'examples/base/model/build.json'),
  ],
  source: '/source/examples/base/README.md',
  message:
    'This project made the base itself, with its own trainer; each of these is a file of the program that runs here. The training data is generated and not kept, no checkpoint is kept, and the questions of its evaluation are generated too.',
}
