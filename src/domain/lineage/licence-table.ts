/**
 * The terms of licences that data and models really come under: a table, and one lookup. Each entry names where its terms are stated.
 *
 * A licence that is not here is not judged: material under it is turned away, because nothing may be trained on terms nobody read.
 */

export type ShareAlike =
  | 'none'
  /** The work and what is adapted from it stay under this licence. */
  | 'whole'
  /** Only the licensed files or the library themselves do. */
  | 'part'

export interface LicenceTerms {
  /** SPDX identifier, or `LicenseRef-…` where SPDX has none. */
  readonly id: string
  readonly name: string
  /** Credit or a copyright notice has to be passed on. */
  readonly attribution: boolean
  readonly shareAlike: ShareAlike
  readonly commercialUse: 'allowed' | 'not-allowed'
  /** Adapted material may be passed on. */
  readonly derivatives: 'allowed' | 'not-allowed'
  /** What else is asked of those who pass it on, as sentences. */
  readonly conditions: readonly string[]
  /** Address of the licence's own text, where these terms are stated. */
  readonly source: string
  readonly notes: string | null
}

type Facts = Partial<Omit<LicenceTerms, 'id' | 'name' | 'source'>>

function licence(id: string, name: string, source: string, facts: Facts = {}): LicenceTerms {
  const common = {
    attribution: true,
    shareAlike: 'none',
    commercialUse: 'allowed',
    derivatives: 'allowed',
    conditions: [],
    notes: null,
  } as const
  return { ...common, id, name, source, ...facts }
}

const spdx = (id: string) => `https://spdx.org/licenses/${id}.html`

/** Nothing is asked. */
const free: Facts = { attribution: false }
const copyleft: Facts = { shareAlike: 'whole' }
const fileCopyleft: Facts = { shareAlike: 'part' }

function creativeCommons(): LicenceTerms[] {
  const kinds: readonly [string, Facts][] = [
    ['BY', {}],
    ['BY-SA', { shareAlike: 'whole' }],
    ['BY-NC', { commercialUse: 'not-allowed' }],
    ['BY-NC-SA', { commercialUse: 'not-allowed', shareAlike: 'whole' }],
    ['BY-ND', { derivatives: 'not-allowed' }],
    ['BY-NC-ND', { commercialUse: 'not-allowed', derivatives: 'not-allowed' }],
  ]
  const versions: readonly [string, string][] = [
    ...['1.0', '2.0', '2.5', '3.0', '4.0'].map((version): [string, string] => [version, version]),
    ['3.0-IGO', '3.0 IGO'],
  ]
  const ported = [
    'BY-3.0-US',
    'BY-3.0-AU',
    'BY-3.0-DE',
    'BY-3.0-NL',
    'BY-3.0-AT',
    'BY-2.5-AU',
    'BY-SA-3.0-DE',
    'BY-SA-3.0-AT',
    'BY-SA-2.0-UK',
    'BY-SA-2.1-JP',
  ]
  const make = (kind: string, facts: Facts, version: string, label: string) =>
    licence(
      `CC-${kind}-${version}`,
      `Creative Commons ${kind} ${label}`,
      `https://creativecommons.org/licenses/${kind.toLowerCase()}/${version.replace('-', '/').toLowerCase()}/legalcode`,
      {
        ...facts,
        notes:
          facts.derivatives === 'not-allowed'
            ? 'Whether a trained model is adapted material is not settled; it is treated as if it were.'
            : null,
      },
    )
  return [
    ...kinds
      .flatMap(([kind, facts]) => versions.map(([version, label]) => make(kind, facts, version, label)))
      // SPDX has no such port.
      .filter(({ id }) => id !== 'CC-BY-ND-3.0-IGO'),
    ...ported.map((id) => {
      const [, kind, version] = /^(BY(?:-SA)?)-(.*)$/.exec(id) as unknown as [string, string, string]
      return make(kind, kind === 'BY-SA' ? copyleft : {}, version, version)
    }),
  ]
}

function gnu(): LicenceTerms[] {
  const families: readonly [string, string, readonly string[], Facts][] = [
    ['GPL', 'GNU General Public License', ['1.0', '2.0', '3.0'], copyleft],
    [
      'AGPL',
      'GNU Affero General Public License',
      ['3.0'],
      { ...copyleft, conditions: ['Offer the source to those who use it over a network.'] },
    ],
    ['LGPL', 'GNU Lesser General Public License', ['2.0', '2.1', '3.0'], fileCopyleft],
    ['GFDL', 'GNU Free Documentation License', ['1.1', '1.2', '1.3'], copyleft],
  ]
  return families.flatMap(([id, name, versions, facts]) =>
    versions.flatMap((version) =>
      // The bare form is deprecated in SPDX but is what many people still write.
      ['-only', '-or-later', ''].map((suffix) =>
        licence(
          `${id}-${version}${suffix}`,
          `${name} v${version}`,
          `https://www.gnu.org/licenses/old-licenses/${id.toLowerCase()}-${version}.html`,
          facts,
        ),
      ),
    ),
  )
}

const useRestrictions = 'Pass on the use restrictions of the licence to everyone who receives the model.'

function llama(version: string, page: string, naming: string | null): LicenceTerms {
  return licence(`LicenseRef-Llama-${version}-Community`, `Llama ${version} Community License`, page, {
    conditions: [
      `Pass on the Llama ${version} Community License and its notice file.`,
      useRestrictions,
      ...(naming ? [naming] : []),
      'Whoever had more than 700 million monthly users when it was published needs a licence from Meta.',
      ...(version === '2' || version === '3' ? ['Do not use the model or its output to improve other large language models.'] : []),
    ],
    notes: 'Not an open-source licence: its terms restrict who may use it and for what.',
  })
}

const builtWithLlama = 'Say "Built with Llama" and begin the model\'s name with "Llama".'

const entries: readonly LicenceTerms[] = [
  ...creativeCommons(),
  ...gnu(),
  licence('CC0-1.0', 'Creative Commons Zero 1.0', 'https://creativecommons.org/publicdomain/zero/1.0/legalcode', free),
  licence('CC-PDDC', 'Creative Commons Public Domain Dedication and Certification', spdx('CC-PDDC'), free),
  licence('CC-PDM-1.0', 'Public Domain Mark 1.0', 'https://creativecommons.org/publicdomain/mark/1.0/', free),
  licence('PDDL-1.0', 'Open Data Commons Public Domain Dedication', 'https://opendatacommons.org/licenses/pddl/1-0/', free),
  licence('ODC-By-1.0', 'Open Data Commons Attribution 1.0', 'https://opendatacommons.org/licenses/by/1-0/'),
  licence('ODbL-1.0', 'Open Database License 1.0', 'https://opendatacommons.org/licenses/odbl/1-0/', {
    ...copyleft,
    notes: 'Share-alike covers adapted databases; whether a model is one is not settled, and it is treated as if it were.',
  }),
  licence('CDLA-Permissive-1.0', 'Community Data License Agreement Permissive 1.0', 'https://cdla.io/permissive-1-0/', {
    notes: 'Results, such as trained models, carry no obligation.',
  }),
  licence('CDLA-Permissive-2.0', 'Community Data License Agreement Permissive 2.0', 'https://cdla.dev/permissive-2-0/', {
    notes: 'Results, such as trained models, carry no obligation.',
  }),
  licence('CDLA-Sharing-1.0', 'Community Data License Agreement Sharing 1.0', 'https://cdla.io/sharing-1-0/', {
    ...fileCopyleft,
    notes: 'Share-alike covers the data; results, such as trained models, carry no obligation.',
  }),
  licence('C-UDA-1.0', 'Computational Use of Data Agreement 1.0', spdx('C-UDA-1.0'), {
    conditions: ['Use the data for computation only, and pass on that limit with it.'],
  }),
  licence('O-UDA-1.0', 'Open Use of Data Agreement 1.0', spdx('O-UDA-1.0')),
  licence('OGL-UK-3.0', 'Open Government Licence 3.0', 'https://www.nationalarchives.gov.uk/doc/open-government-licence/version/3/'),
  licence('OGL-UK-2.0', 'Open Government Licence 2.0', 'https://www.nationalarchives.gov.uk/doc/open-government-licence/version/2/'),
  licence('OGL-Canada-2.0', 'Open Government Licence Canada 2.0', 'https://open.canada.ca/en/open-government-licence-canada'),
  licence('etalab-2.0', 'Etalab Open License 2.0', spdx('etalab-2.0')),
  licence('DL-DE-BY-2.0', 'Data licence Germany – attribution 2.0', 'https://www.govdata.de/dl-de/by-2-0'),
  licence('DL-DE-ZERO-2.0', 'Data licence Germany – zero 2.0', 'https://www.govdata.de/dl-de/zero-2-0', free),
  licence('LicenseRef-GODL-India', 'Government Open Data License – India', 'https://data.gov.in/government-open-data-license-india'),
  licence('Unicode-3.0', 'Unicode License v3', 'https://www.unicode.org/license.txt'),
  licence('Unicode-DFS-2016', 'Unicode License, data files and software (2016)', spdx('Unicode-DFS-2016')),
  licence('Unicode-DFS-2015', 'Unicode License, data files and software (2015)', spdx('Unicode-DFS-2015')),
  licence('Apache-2.0', 'Apache License 2.0', 'https://www.apache.org/licenses/LICENSE-2.0', {
    conditions: ['State significant changes, and pass on the NOTICE file.'],
  }),
  ...(
    [
      ['MIT', 'MIT License'],
      ['ISC', 'ISC License'],
      ['BSD-2-Clause', 'BSD 2-Clause'],
      ['BSD-3-Clause', 'BSD 3-Clause'],
      ['BSD-3-Clause-Clear', 'BSD 3-Clause Clear'],
      ['BSD-4-Clause', 'BSD 4-Clause'],
      ['Zlib', 'zlib License'],
      ['BSL-1.0', 'Boost Software License 1.0'],
      ['NCSA', 'NCSA Open Source License'],
      ['PostgreSQL', 'PostgreSQL License'],
      ['Python-2.0', 'Python License 2.0'],
      ['PSF-2.0', 'Python Software Foundation License 2.0'],
      ['ECL-2.0', 'Educational Community License 2.0'],
      ['AFL-3.0', 'Academic Free License 3.0'],
      ['Artistic-2.0', 'Artistic License 2.0'],
      ['UPL-1.0', 'Universal Permissive License 1.0'],
      ['MulanPSL-2.0', 'Mulan Permissive Software License 2.0'],
      ['BlueOak-1.0.0', 'Blue Oak Model License 1.0.0'],
      ['CERN-OHL-P-2.0', 'CERN Open Hardware Licence 2, permissive'],
      ['OpenMDW-1.0', 'OpenMDW License 1.0'],
    ] as const
  ).map(([id, name]) => licence(id, name, spdx(id))),
  licence('MIT-0', 'MIT No Attribution', spdx('MIT-0'), free),
  licence('0BSD', 'BSD Zero Clause', spdx('0BSD'), free),
  licence('Unlicense', 'The Unlicense', 'https://unlicense.org/', free),
  licence('WTFPL', 'Do What The F*ck You Want To Public License', spdx('WTFPL'), free),
  licence('OSL-3.0', 'Open Software License 3.0', spdx('OSL-3.0'), copyleft),
  licence('CECILL-2.1', 'CeCILL 2.1', spdx('CECILL-2.1'), copyleft),
  licence('EUPL-1.1', 'European Union Public Licence 1.1', spdx('EUPL-1.1'), copyleft),
  licence('EUPL-1.2', 'European Union Public Licence 1.2', spdx('EUPL-1.2'), copyleft),
  licence('CERN-OHL-S-2.0', 'CERN Open Hardware Licence 2, strongly reciprocal', spdx('CERN-OHL-S-2.0'), copyleft),
  licence('CERN-OHL-W-2.0', 'CERN Open Hardware Licence 2, weakly reciprocal', spdx('CERN-OHL-W-2.0'), fileCopyleft),
  licence('MPL-2.0', 'Mozilla Public License 2.0', spdx('MPL-2.0'), fileCopyleft),
  licence('EPL-1.0', 'Eclipse Public License 1.0', spdx('EPL-1.0'), copyleft),
  licence('EPL-2.0', 'Eclipse Public License 2.0', spdx('EPL-2.0'), copyleft),
  licence('MS-PL', 'Microsoft Public License', spdx('MS-PL')),
  licence('LPPL-1.3c', 'LaTeX Project Public License 1.3c', spdx('LPPL-1.3c'), {
    conditions: ['A changed file must say so and must not pass for the original.'],
  }),
  licence('OFL-1.1', 'SIL Open Font License 1.1', spdx('OFL-1.1'), copyleft),
  llama('2', 'https://ai.meta.com/llama/license/', null),
  llama('3', 'https://www.llama.com/llama3/license/', 'Say "Built with Meta Llama 3" and begin the model\'s name with "Llama 3".'),
  llama('3.1', 'https://www.llama.com/llama3_1/license/', builtWithLlama),
  llama('3.2', 'https://www.llama.com/llama3_2/license/', builtWithLlama),
  llama('3.3', 'https://www.llama.com/llama3_3/license/', builtWithLlama),
  llama('4', 'https://www.llama.com/llama4/license/', builtWithLlama),
  licence('LicenseRef-Gemma', 'Gemma Terms of Use', 'https://ai.google.dev/gemma/terms', {
    conditions: [useRestrictions, 'Pass on the Gemma Terms of Use, and say which files were changed.'],
    notes: 'Not an open-source licence: Google may restrict use that breaks its prohibited use policy.',
  }),
  licence(
    'LicenseRef-BigScience-OpenRAIL-M',
    'BigScience OpenRAIL-M',
    'https://www.licenses.ai/blog/2022/8/26/bigscience-open-rail-m-license',
    {
      conditions: [useRestrictions],
    },
  ),
  licence('LicenseRef-BigScience-RAIL-1.0', 'BigScience RAIL 1.0', 'https://huggingface.co/spaces/bigscience/license', {
    conditions: [useRestrictions],
  }),
  licence(
    'LicenseRef-BigCode-OpenRAIL-M-1.0',
    'BigCode OpenRAIL-M v1',
    'https://huggingface.co/spaces/bigcode/bigcode-model-license-agreement',
    {
      conditions: [useRestrictions],
    },
  ),
  licence('LicenseRef-CreativeML-OpenRAIL-M', 'CreativeML OpenRAIL-M', 'https://huggingface.co/spaces/CompVis/stable-diffusion-license', {
    conditions: [useRestrictions],
  }),
  licence('LicenseRef-Tongyi-Qianwen', 'Tongyi Qianwen License', 'https://huggingface.co/Qwen/Qwen2-72B-Instruct/blob/main/LICENSE', {
    conditions: ['Say "Built with Qwen".', 'Whoever has more than 100 million monthly users needs a licence from Alibaba Cloud.'],
  }),
  licence('LicenseRef-Qwen-Research', 'Qwen Research License', 'https://huggingface.co/Qwen/Qwen2.5-3B/blob/main/LICENSE', {
    commercialUse: 'not-allowed',
  }),
  licence('LicenseRef-Llama-1', 'LLaMA licence (2023)', 'https://github.com/meta-llama/llama/blob/llama_v1/MODEL_CARD.md', {
    commercialUse: 'not-allowed',
    derivatives: 'not-allowed',
  }),
  licence(
    'LicenseRef-Stability-NC-2023',
    'Stability AI Non-Commercial Research Community License',
    'https://huggingface.co/stabilityai/stablelm-2-12b-chat/blob/main/LICENSE',
    {
      commercialUse: 'not-allowed',
      conditions: [useRestrictions],
    },
  ),
  licence('LicenseRef-Mistral-MNPL-0.1', 'Mistral Non-Production License 0.1', 'https://mistral.ai/licenses/MNPL-0.1.md', {
    commercialUse: 'not-allowed',
  }),
  licence('LicenseRef-Mistral-MRL-0.1', 'Mistral Research License 0.1', 'https://mistral.ai/licenses/MRL-0.1.md', {
    commercialUse: 'not-allowed',
  }),
]

const table = new Map(entries.map((entry) => [entry.id, entry]))

/** The terms of one licence, or undefined where they are not known here. */
export function termsOf(id: string): LicenceTerms | undefined {
  return table.get(id)
}

/** Every licence whose terms are known, by identifier. */
export function knownLicences(): readonly LicenceTerms[] {
  return entries
}

/** What people write for a licence that SPDX calls otherwise; keys as `looseKey` makes them. The names of the Hub are among them. */
export const licenceAliases: Readonly<Record<string, string>> = {
  apache: 'Apache-2.0',
  apache2: 'Apache-2.0',
  asl2: 'Apache-2.0',
  bsd: 'BSD-3-Clause',
  cc: 'CC-BY-4.0',
  cc0: 'CC0-1.0',
  cczero: 'CC0-1.0',
  publicdomain: 'CC0-1.0',
  pd: 'CC0-1.0',
  ccby: 'CC-BY-4.0',
  ccbysa: 'CC-BY-SA-4.0',
  ccbync: 'CC-BY-NC-4.0',
  ccbyncsa: 'CC-BY-NC-SA-4.0',
  ccbynd: 'CC-BY-ND-4.0',
  ccbyncnd: 'CC-BY-NC-ND-4.0',
  odcby: 'ODC-By-1.0',
  odbl: 'ODbL-1.0',
  pddl: 'PDDL-1.0',
  gpl: 'GPL-3.0-or-later',
  gplv2: 'GPL-2.0-only',
  gplv3: 'GPL-3.0-only',
  gpl2: 'GPL-2.0-only',
  gpl3: 'GPL-3.0-only',
  lgpl: 'LGPL-3.0-or-later',
  agpl: 'AGPL-3.0-or-later',
  mpl: 'MPL-2.0',
  unicode: 'Unicode-3.0',
  cldr: 'Unicode-3.0',
  godl: 'LicenseRef-GODL-India',
  godlindia: 'LicenseRef-GODL-India',
  llama1: 'LicenseRef-Llama-1',
  llama2: 'LicenseRef-Llama-2-Community',
  llama3: 'LicenseRef-Llama-3-Community',
  llama31: 'LicenseRef-Llama-3.1-Community',
  llama32: 'LicenseRef-Llama-3.2-Community',
  llama33: 'LicenseRef-Llama-3.3-Community',
  llama4: 'LicenseRef-Llama-4-Community',
  gemma: 'LicenseRef-Gemma',
  openrail: 'LicenseRef-BigScience-OpenRAIL-M',
  bigscienceopenrailm: 'LicenseRef-BigScience-OpenRAIL-M',
  bigsciencebloomrail10: 'LicenseRef-BigScience-RAIL-1.0',
  bigcodeopenrailm: 'LicenseRef-BigCode-OpenRAIL-M-1.0',
  creativemlopenrailm: 'LicenseRef-CreativeML-OpenRAIL-M',
  tongyiqianwen: 'LicenseRef-Tongyi-Qianwen',
  qwen: 'LicenseRef-Tongyi-Qianwen',
  mnpl: 'LicenseRef-Mistral-MNPL-0.1',
  mrl: 'LicenseRef-Mistral-MRL-0.1',
}
