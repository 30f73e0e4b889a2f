/** The seventeen components of a model that the Model Openness Framework looks at, and which of its classes asks for which. A table. */

import type { ContentKind } from './licence-openness.ts'

/** III open model, II open tooling, I open science: each asks for everything the one before asks for, and more. */
export type OpennessClass = 1 | 2 | 3

export type ComponentId =
  | 'model-architecture'
  | 'final-parameters'
  | 'technical-report'
  | 'evaluation-results'
  | 'model-card'
  | 'data-card'
  | 'sample-outputs'
  | 'training-code'
  | 'inference-code'
  | 'evaluation-code'
  | 'evaluation-data'
  | 'supporting-libraries'
  | 'research-paper'
  | 'datasets'
  | 'data-preprocessing-code'
  | 'intermediate-parameters'
  | 'model-metadata'

export interface ComponentRule {
  readonly id: ComponentId
  /** As the framework calls it. */
  readonly name: string
  readonly kind: ContentKind
  /** The lowest class (III is the lowest) that asks for it. */
  readonly class: OpennessClass
  /** Named by the framework, but no class is missed for want of it. */
  readonly optional: boolean
  /**
   * Whose it has to be where a model is an adapter over a base. both: how the weights came to be, of which the base has its own half. release: what is done with
   * base and adapter together, as they are served; the release's own covers both.
   */
  readonly of: 'both' | 'release'
}

const rule = (
  id: ComponentId,
  name: string,
  kind: ContentKind,
  asked: OpennessClass,
  of: ComponentRule['of'],
  optional = false,
): ComponentRule => ({ id, name, kind, class: asked, optional, of })

/** In the order of the classes that ask for them. */
export const componentRules: readonly ComponentRule[] = [
  rule('model-architecture', 'Model architecture', 'code', 3, 'both'),
  rule('final-parameters', 'Model parameters (Final)', 'data', 3, 'both'),
  rule('technical-report', 'Technical report', 'document', 3, 'both'),
  rule('evaluation-results', 'Evaluation results', 'document', 3, 'release'),
  rule('model-card', 'Model card', 'document', 3, 'both'),
  rule('data-card', 'Data card', 'document', 3, 'both'),
  rule('sample-outputs', 'Sample model outputs', 'document', 3, 'release', true),
  rule('training-code', 'Training code', 'code', 2, 'both'),
  rule('inference-code', 'Inference code', 'code', 2, 'release'),
  rule('evaluation-code', 'Evaluation code', 'code', 2, 'release'),
  rule('evaluation-data', 'Evaluation data', 'data', 2, 'release'),
  rule('supporting-libraries', 'Supporting libraries and tools', 'code', 2, 'release', true),
  rule('research-paper', 'Research paper', 'document', 1, 'both'),
  rule('datasets', 'Datasets', 'data', 1, 'both'),
  rule('data-preprocessing-code', 'Data preprocessing code', 'code', 1, 'both'),
  rule('intermediate-parameters', 'Model parameters (Intermediate)', 'data', 1, 'both'),
  rule('model-metadata', 'Model metadata', 'data', 1, 'both', true),
]

export const componentIds: readonly ComponentId[] = componentRules.map(({ id }) => id)

const byId = new Map(componentRules.map((one) => [one.id, one]))

export function componentRule(id: ComponentId): ComponentRule {
  return byId.get(id) as ComponentRule
}

/** By the framework's own name for it. */
export function componentNamed(name: string): ComponentRule | undefined {
  return componentRules.find((one) => one.name === name)
}

export function isComponentId(text: string): text is ComponentId {
  return byId.has(text as ComponentId)
}
