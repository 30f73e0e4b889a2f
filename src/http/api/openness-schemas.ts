/** The shapes of openness: what is declared, and how a model or a release is graded. */

import { z } from '@hono/zod-openapi'

const componentId = z.string().openapi({ example: 'training-code', description: 'One of the seventeen components of the framework.' })
const opennessClass = z.union([z.literal(1), z.literal(2), z.literal(3)])
const componentState = z
  .enum(['open', 'not-open', 'unlicensed', 'missing'])
  .openapi({ description: 'not-open: there, under a licence that is not open; unlicensed: there, and nobody says under which.' })

const verdict = z.object({
  class: opennessClass.nullable().openapi({ description: '3: open model, 2: open tooling, 1: open science; null: none of them.' }),
  classes: z
    .array(
      z.object({
        class: opennessClass,
        met: z.int(),
        of: z.int(),
        percent: z.number().openapi({ description: '0 until the class below is reached, as the framework counts.' }),
        lacks: z.array(componentId),
      }),
    )
    .openapi({ description: 'III, II, I.' }),
  components: z.array(
    z.object({
      component: componentId,
      state: componentState,
      licence: z.string().nullable(),
      fits: z.boolean().openapi({ description: 'Open, and the licence was made for this kind of content.' }),
      evidence: z.array(
        z.object({
          of: z.enum(['base', 'release']),
          state: componentState,
          licence: z.string().nullable(),
          address: z.string().nullable(),
          sentence: z.string(),
        }),
      ),
    }),
  ),
})

export const opennessVerdict = verdict.openapi('OpennessVerdict', { description: 'By the Model Openness Framework.' })

export const releaseGrade = verdict
  .extend({
    declarations: z
      .object({ base: z.int().nullable(), community: z.int().nullable() })
      .openapi({ description: 'The declarations it was graded by.' }),
    own: z.array(z.object({ component: componentId, licence: z.string().nullable(), address: z.string(), sentence: z.string() })),
  })
  .openapi('ReleaseGrade')

export const opennessOfRelease = z
  .object({
    model: z.string(),
    version: z.string(),
    graded: releaseGrade.nullable().openapi({ description: 'When it was published; null: published before releases were graded.' }),
    today: releaseGrade.nullable().openapi({ description: 'With what has been declared since; null: nothing has.' }),
  })
  .openapi('OpennessOfRelease')

const declaredComponent = z.object({ component: componentId, licence: z.string().nullable(), address: z.string() })

export const declaration = z
  .object({
    id: z.int(),
    components: z.array(declaredComponent),
    source: z.string().nullable(),
    message: z.string(),
    by: z.string(),
    createdAt: z.iso.datetime(),
  })
  .openapi('OpennessDeclaration')

const said = {
  source: z.string().optional().openapi({ description: 'Where it was read: https://… or a path of this server.' }),
  message: z.string().openapi({ description: 'How you know; everybody who relies on it can read it.' }),
}

/** All that is declared from then on: what is left out is declared no more. */
export const declarationBody = z.strictObject({
  components: z
    .array(z.strictObject({ component: componentId, licence: z.string().nullable().optional(), address: z.string() }))
    .optional(),
  record: z.string().optional().openapi({ description: 'Instead: a record of the Model Openness Tool, as YAML. Needs `source`.' }),
  ...said,
})

export const declaredOpenness = z
  .object({
    current: declaration.nullable(),
    history: z.array(declaration).openapi({ description: 'Newest first.' }),
  })
  .openapi('DeclaredOpenness')

export const baseOpenness = declaredOpenness
  .extend({ verdict: opennessVerdict.openapi({ description: 'What the base by itself comes to.' }) })
  .openapi('BaseOpenness')

/** As types, for those who call the API. */
export interface OpennessAnswers {
  readonly ofRelease: z.infer<typeof opennessOfRelease>
  readonly ofBase: z.infer<typeof baseOpenness>
  readonly declared: z.infer<typeof declaredOpenness>
  readonly verdict: z.infer<typeof opennessVerdict>
}
