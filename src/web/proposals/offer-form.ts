/** One example as a form has it: what was typed, what it means as an offer, and which field each refusal is about. */

import type { Offer, OfferedChange } from '../../domain/contributions/contribution.ts'
import { origins, type Example, type ExampleContent, type Provenance } from '../../domain/contributions/example.ts'
import { AppError, type ErrorDetail } from '../../errors.ts'
import type { Typed } from '../form.ts'
import { piecesOf } from './change-part.ts'

/** dialogue: turns of a chat; pair: a text and how it goes on. */
export const shapes = ['dialogue', 'pair', 'text', 'preference'] as const
export type Shape = (typeof shapes)[number]

/** What a form does: bring something new, put it in the place of an example, or take one out. */
export type Aim = { readonly kind: 'add' } | { readonly kind: 'replace' | 'remove'; readonly target: string }

/** What stands in the fields at first. */
export function typedFrom(usual: Partial<Provenance>, example: Example | null, signOff: string, shape: Shape): Typed {
  const { origin = 'human', licence = 'CC-BY-4.0', language = '', source = '', generator } = example?.provenance ?? usual
  return {
    ...contentFields(example?.content ?? null, shape),
    origin,
    source,
    ...licenceFields(licence),
    language,
    generator: generator ?? '',
    signOff,
  }
}

function contentFields(content: ExampleContent | null, shape: Shape): Typed {
  if (content === null) return { shape, turns: 'user assistant' }
  if ('messages' in content)
    return {
      shape: 'dialogue',
      turns: content.messages.map(({ role }) => role).join(' '),
      ...Object.fromEntries(content.messages.map((turn, i) => [`turn${i}`, turn.content])),
    }
  const own = Object.fromEntries(piecesOf(content).map(({ role, text }) => [role, text]))
  return { shape: 'text' in content ? 'text' : 'chosen' in content ? 'preference' : 'pair', turns: 'user assistant', ...own }
}

/** Those a person is offered by name; any other expression is typed. */
export const usualLicences = ['CC0-1.0', 'CC-BY-4.0', 'CC-BY-SA-4.0'] as const

function licenceFields(licence: string): Typed {
  return (usualLicences as readonly string[]).includes(licence)
    ? { licence, otherLicence: '' }
    : { licence: 'other', otherLicence: licence }
}

export function turnsOf(typed: Typed): readonly ('system' | 'user' | 'assistant')[] {
  const roles = (typed['turns'] ?? '').split(' ').filter((role) => role === 'system' || role === 'user' || role === 'assistant')
  return roles.length >= 2 && roles.length <= 40 ? roles : ['user', 'assistant']
}

export function shapeOf(typed: Typed): Shape {
  return shapes.find((known) => known === typed['shape']) ?? 'dialogue'
}

function contentOf(typed: Typed): unknown {
  const at = (name: string) => typed[name] ?? ''
  switch (shapeOf(typed)) {
    case 'dialogue':
      return { messages: turnsOf(typed).map((role, i) => ({ role, content: at(`turn${i}`) })) }
    case 'pair':
      return { prompt: at('prompt'), completion: at('completion') }
    case 'text':
      return { text: at('text') }
    case 'preference':
      return { prompt: at('prompt'), chosen: at('chosen'), rejected: at('rejected') }
  }
}

/** Throws `invalid` where the sign-off is not given: it is a person's word, and no default of ours. */
export function offerFrom(typed: Typed, aim: Aim): Offer {
  if (aim.kind !== 'remove' && typed['mayGive'] !== 'yes')
    throw new AppError('invalid', 'Say that you may give this: tick the box above the button.', {
      details: [{ sentence: 'Tick the box: nobody else can say this for you.', check: 'sign-off', row: null }],
    })
  const origin = origins.find((known) => known === typed['origin']) ?? ''
  return {
    message: typed['message']?.trim() || messageFor(typed, aim),
    signOff: typed['signOff'] ?? '',
    licence: (typed['licence'] === 'other' ? typed['otherLicence'] : typed['licence']) ?? '',
    language: typed['language'] ?? '',
    origin,
    source: typed['source'] ?? '',
    // A program's name typed before another origin was chosen is not meant any more.
    generator: origin === 'generated' ? (typed['generator'] ?? null) : null,
    changes: [changeFrom(typed, aim)],
  }
}

function changeFrom(typed: Typed, aim: Aim): OfferedChange {
  if (aim.kind === 'remove') return { kind: 'remove', target: aim.target }
  const content = contentOf(typed)
  return aim.kind === 'add' ? { kind: 'add', content } : { kind: 'replace', target: aim.target, content }
}

/** Where nothing was said in the line for reviewers: the question itself, which is what they look for in a list. */
function messageFor(typed: Typed, aim: Aim): string {
  if (aim.kind === 'remove') return ''
  const shape = shapeOf(typed)
  const asked = shape === 'dialogue' ? typed[`turn${turnsOf(typed).indexOf('user')}`] : shape === 'text' ? typed['text'] : typed['prompt']
  return [...new Intl.Segmenter('und').segment((asked ?? '').trim().split('\n', 1)[0] ?? '')]
    .slice(0, 80)
    .map(({ segment }) => segment)
    .join('')
}

/** The field a finding is about, by its check and, where one check is about several fields, by its words. */
export function fieldOf({ check, sentence }: ErrorDetail): string {
  switch (check) {
    case 'licence':
      return 'licence'
    case 'language':
      return 'language'
    case 'sign-off':
      return 'mayGive'
    case 'provenance':
      return /source/.test(sentence) ? 'source' : /generat/.test(sentence) ? 'generator' : 'origin'
    default:
      return 'content'
  }
}

/** What is wrong with each field. What is about none of them stays in the sentence above the form. */
export function wrongFields(refused: AppError | null): ReadonlyMap<string, readonly string[]> {
  const wrong = new Map<string, readonly string[]>()
  for (const detail of refused?.details ?? []) {
    if (detail.severity === 'warning') continue
    const name = fieldOf(detail)
    wrong.set(name, [...(wrong.get(name) ?? []), detail.sentence])
  }
  return wrong
}
