import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import fc from 'fast-check'
import { escapeXml, tagUri, writeAtom, type AtomEntry, type AtomFeed } from './atom.ts'

const day = new Date('2031-03-05T10:00:00Z')
const later = new Date('2031-04-01T00:00:00Z')

const entry = (over: Partial<AtomEntry> = {}): AtomEntry => ({
  id: tagUri('example.org', day, 'contributions/12'),
  title: 'Dates',
  link: 'https://example.org/contributions/12',
  author: 'asha',
  published: day,
  updated: day,
  category: 'proposal',
  content: 'Fourteen examples.',
  ...over,
})

const feed = (entries: readonly AtomEntry[], over: Partial<AtomFeed> = {}): AtomFeed => ({
  id: tagUri('example.org', day, 'feeds/marathi/saathi'),
  title: 'marathi/saathi',
  self: 'https://example.org/feeds/marathi/saathi.atom',
  alternate: 'https://example.org/models/marathi/saathi',
  author: 'marathi/saathi',
  since: day,
  entries,
  ...over,
})

/** Reads a feed with an XML parser that is not ours, and says what RFC 4287 asks for. */
const reader = `
import json, sys, xml.etree.ElementTree as tree
atom = '{http://www.w3.org/2005/Atom}'
def one(node, name):
    found = node.findall(atom + name)
    assert len(found) == 1, (name, len(found))
    return found[0]
def read(text):
    feed = tree.fromstring(text)
    assert feed.tag == atom + 'feed', feed.tag
    links = {link.get('rel'): link.get('href') for link in feed.findall(atom + 'link')}
    return {'id': one(feed, 'id').text, 'title': one(feed, 'title').text, 'updated': one(feed, 'updated').text, 'author': one(one(feed, 'author'), 'name').text,
        'self': links['self'], 'entries': [{'id': one(entry, 'id').text, 'title': one(entry, 'title').text, 'updated': one(entry, 'updated').text,
        'author': one(one(entry, 'author'), 'name').text, 'link': one(entry, 'link').get('href'), 'content': one(entry, 'content').text or '',
        'category': one(entry, 'category').get('term')} for entry in feed.findall(atom + 'entry')]}
print(json.dumps([read(text.encode()) for text in json.load(sys.stdin)]))
`
const python = spawnSync('python3', ['-c', 'import xml.etree.ElementTree']).status === 0
const withPython = { skip: python ? false : 'python3, whose XML parser reads the feeds, is not installed here' }

function readByPython(
  feeds: readonly string[],
): { readonly entries: readonly Record<string, string>[]; readonly [key: string]: unknown }[] {
  const { status, stdout, stderr } = spawnSync('python3', ['-c', reader], { input: JSON.stringify(feeds), encoding: 'utf8' })
  assert.equal(status, 0, stderr)
  return JSON.parse(stdout) as never
}

test('another XML parser finds everything a feed must have, and the text as it was', withPython, () => {
  const nasty = `<b>"बोल" & 'कर'</b> ]]> <!-- x --> &amp; \u0000 \u{1f600} \ud800 line\r\nend`
  const [read, empty] = readByPython([
    writeAtom(
      feed([entry({ title: nasty, content: nasty, author: nasty, updated: later, link: 'https://example.org/?a=1&b=<2>' }), entry()]),
    ),
    writeAtom(feed([], { title: nasty, subtitle: nasty })),
  ])
  const whole = nasty.replace('\u0000', '\ufffd').replace('\ud800', '\ufffd')
  assert.deepEqual(read!.entries[0], {
    id: 'tag:example.org,2031-03-05:contributions/12',
    title: whole,
    updated: later.toISOString(),
    author: whole,
    link: 'https://example.org/?a=1&b=<2>',
    content: whole,
    category: 'proposal',
  })
  assert.deepEqual([read!['updated'], read!['self'], read!.entries.length], [later.toISOString(), feed([]).self, 2])
  assert.deepEqual([empty!['title'], empty!['updated'], empty!.entries.length], [whole, day.toISOString(), 0])
})

test('whatever people write, the feed is well-formed and says it', withPython, () => {
  const texts = fc.sample(fc.string({ unit: 'binary', maxLength: 60 }), { numRuns: 300, seed: 4287 }).map((text) => `${text}\r&`)
  const read = readByPython(
    texts.map((text) =>
      writeAtom(feed([entry({ title: text, content: text, link: `https://example.org/${encodeURIComponent(text.toWellFormed())}` })])),
    ),
  )
  // eslint-disable-next-line no-control-regex -- what XML cannot hold
  const kept = (text: string) => text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff\p{Cs}]/gu, '\ufffd')
  for (const [i, text] of texts.entries()) assert.equal(read[i]!.entries[0]!['content'] ?? '', kept(text))
})

test('a tag names a thing by the host, its day and its place, in characters a URI may have', () => {
  assert.equal(tagUri('Example.org', day, 'feeds/marathi/saathi'), 'tag:example.org,2031-03-05:feeds/marathi/saathi')
  assert.equal(tagUri('[::1]', day, 'people/आशा'), 'tag:localhost,2031-03-05:people/%E0%A4%86%E0%A4%B6%E0%A4%BE')
  assert.equal(tagUri('a.b', day, 'x y#z[1]'), 'tag:a.b,2031-03-05:x%20y%23z%5B1%5D')
  assert.throws(() => tagUri('a.b', new Date(Number.NaN), 'x'), /this date is none/)
})

test('a feed is the same text as long as nothing happened', () => {
  assert.equal(writeAtom(feed([entry()])), writeAtom(feed([entry()])))
  assert.equal(escapeXml(`<&>"'`), '&lt;&amp;&gt;&quot;&#39;')
})
