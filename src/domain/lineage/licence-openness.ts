/** Whether a licence is open, and whether it was made for what it stands on: software, data or documents. Pure. */

import spdxParse from 'spdx-expression-parse'
import { approvalOf, type Approval } from './licence-approvals.ts'
import { termsOf } from './licence-table.ts'
import { licenceNamed } from './parse-licence.ts'

export type ContentKind = 'code' | 'data' | 'document'

export interface LicenceOpenness {
  readonly open: boolean
  /** Made for this kind of content. An open licence of another kind still counts, and is remarked on. */
  readonly fits: boolean
  /** As an SPDX expression where it could be read as one. */
  readonly licence: string
  /** One sentence. */
  readonly why: string
}

/** All licences of a dataset can stand in one expression. */
const longest = 10_000

/** OR: one open way is enough; AND: every licence has to be open. What cannot be read is not open. */
export function opennessOfLicence(licence: string, kind: ContentKind): LicenceOpenness {
  const text = licence.trim()
  const read = text.length > longest ? null : readTree(text)
  if (read === null) return { open: false, fits: false, licence: text, why: `${quoted(text)} is no licence that is known here.` }
  return { licence: read.text, ...judge(read.tree, kind) }
}

type Judged = Pick<LicenceOpenness, 'open' | 'fits' | 'why'>

function judge(tree: spdxParse.Info, kind: ContentKind): Judged {
  if ('license' in tree) return judgeOne(tree.license, kind)
  const [left, right] = [judge(tree.left, kind), judge(tree.right, kind)]
  if (tree.conjunction === 'or') {
    // The way that serves best: open before not, made for this kind before not.
    const rank = ({ open, fits }: Judged) => (open ? 2 : 0) + (open && fits ? 1 : 0)
    return rank(right) > rank(left) ? right : left
  }
  if (left.open !== right.open) return left.open ? right : left
  const why = left.why === right.why ? left.why : `${left.why} ${right.why}`
  return { open: left.open, fits: left.fits && right.fits, why }
}

const reasons: Record<Approval, string> = {
  osi: 'is approved by the Open Source Initiative',
  fsf: 'is a free licence by the list of the Free Software Foundation',
  'open-data': 'is an open licence for data and texts',
  'open-model': 'is an open licence made for models',
}

function judgeOne(id: string, kind: ContentKind): Judged {
  const approval = approvalOf(id)
  if (approval) return { open: true, fits: fitsKind(id, approval, kind), why: `${id} ${reasons[approval]}.` }
  const terms = termsOf(id)
  const fact =
    terms?.commercialUse === 'not-allowed'
      ? 'forbids commercial use'
      : terms?.derivatives === 'not-allowed'
        ? 'forbids passing on adapted forms'
        : terms && terms.conditions.some((condition) => /use restrictions|users/.test(condition))
          ? 'restricts who may use it, or for what'
          : 'is on no list that counts licences as open'
  return { open: false, fits: false, why: `${id} ${fact}.` }
}

const forTexts = /^(CC0-|CC-BY-|GFDL-|OGL-)/

function fitsKind(id: string, approval: Approval, kind: ContentKind): boolean {
  if (approval === 'open-model') return true
  if (kind === 'document') return forTexts.test(id)
  if (kind === 'data') return approval === 'open-data' || /^Unicode-/.test(id)
  return (approval === 'osi' || approval === 'fsf') && !forTexts.test(id)
}

function readTree(text: string): { readonly tree: spdxParse.Info; readonly text: string } | null {
  for (const candidate of [text, licenceNamed(text)])
    if (candidate !== null && candidate !== '')
      try {
        return { tree: spdxParse(candidate), text: candidate }
      } catch {
        // Not an expression: a name, perhaps.
      }
  return null
}

const quoted = (text: string) => JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text)
