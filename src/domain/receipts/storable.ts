/** What a model wrote, as text that a database keeps and that has a digest. */

/** A model can write anything: a character zero, which no column holds, and halves of characters, which have no canonical JSON, become U+FFFD. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll('\u0000', '\ufffd')
}
