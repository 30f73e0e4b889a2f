/** Server-sent events of a response that a script asked for: the `data` of each, as it comes. */

export async function* eventsOf(response: Response): AsyncIterable<string> {
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
  let pending = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return
    pending += value
    // The last piece may be the beginning of a line.
    const lines = pending.split('\n')
    pending = lines.pop() ?? ''
    for (const line of lines) if (line.startsWith('data:')) yield line.slice('data:'.length).trim()
  }
}
