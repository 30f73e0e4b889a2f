/** What the program's source says in English, for the test that compares it with the messages: every text in quotes, with a hole for each value. */

import { readdirSync, readFileSync } from 'node:fs'
import ts from 'typescript'

/** Where a value stands. */
export const hole = '\u0000'

export interface ProgramText {
  /** Below src/, e.g. `domain/contributions/check-text.ts`. */
  readonly file: string
  readonly text: string
  /** It is what an AppError says. */
  readonly refusal: boolean
}

const src = new URL('../../', import.meta.url)

/** Ways that one expression can read beyond this are cut off. */
const mostWays = 64

export function programTexts(folders: readonly string[]): ProgramText[] {
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(
    (file) =>
      file.endsWith('.ts') &&
      folders.some((folder) => file.startsWith(`${folder}/`)) &&
      !/\.test\.ts$|\.conformance\.ts$|testing|(^|\/)test-/.test(file),
  )
  return files.flatMap((file) => {
    const tree = ts.createSourceFile(file, readFileSync(new URL(file, src), 'utf8'), ts.ScriptTarget.Latest, true)
    const found: ProgramText[] = []
    visit(tree)
    return found

    function visit(node: ts.Node): void {
      if (ts.isImportDeclaration(node) || ts.isTypeNode(node)) return
      if (ts.isExpression(node)) {
        const ways = waysOf(node)
        if (ways) for (const text of ways) found.push({ file, text, refusal: isSaidByError(node) })
      }
      ts.forEachChild(node, visit)
    }
  })
}

function isSaidByError(node: ts.Node): boolean {
  const { parent } = node
  return ts.isNewExpression(parent) && parent.expression.getText() === 'AppError' && parent.arguments?.[1] === node
}

/** How a text can read: choices between texts are made, other values are holes. Null for what is no text. */
function waysOf(node: ts.Expression): readonly string[] | null {
  if (ts.isStringLiteralLike(node)) return [node.text]
  if (ts.isParenthesizedExpression(node)) return waysOf(node.expression)
  if (ts.isTemplateExpression(node))
    return node.templateSpans.reduce<readonly string[]>(
      (ways, span) => joinWays(ways, valueWays(span.expression), [span.literal.text]),
      [node.head.text],
    )
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.PlusToken) {
    const [left, right] = [waysOf(node.left), waysOf(node.right)]
    return left || right ? joinWays(left ?? [hole], right ?? [hole]) : null
  }
  return null
}

/** A value in a text: a choice between texts, or a hole. */
function valueWays(node: ts.Expression): readonly string[] {
  if (ts.isParenthesizedExpression(node)) return valueWays(node.expression)
  if (ts.isConditionalExpression(node)) return [...new Set([...valueWays(node.whenTrue), ...valueWays(node.whenFalse)])]
  return waysOf(node) ?? [hole]
}

function joinWays(...parts: readonly (readonly string[])[]): readonly string[] {
  return parts
    .reduce<readonly string[]>((ways, next) => ways.flatMap((before) => next.map((after) => before + after)).slice(0, mostWays), [''])
    .slice(0, mostWays)
}
