/**
 * Finds which items make a whole break, by testing groups of them: an adaptive group test for an unknown number of culprits. It knows nothing of builds.
 *
 * Terms: a group *breaks* or *holds*. `weight` is how much an item has to say (its examples); a group is split where its halves weigh the same, so that few
 * questions lead to a heavy item, which is the likelier cause, and a light one is asked about among its like, where it shows. `clears` says whether a group is
 * small enough for its holding to mean that each of its items is innocent: in a larger one a light culprit may go unnoticed.
 *
 * 1. The whole is asked. Where it holds, its parts are swept all the same, in groups that clear: something had made the whole break before anybody searched,
 *    and in a part an item has more to say than among everybody.
 * 2. A group that breaks is halved; a half that holds is cleared of what breaks the group, so the other half is not asked about before it is halved itself.
 * 3. What is left alone is asked about once more, by another draw (a build with another order of the same examples), before it is accused: chance does not
 *    convict twice. Where it does not break alone, the halves that were passed by are asked in the same way; then the smallest set that breaks together is looked for, member by member, and confirmed in the same way.
 * 4. The group without the accused is asked. Where it still breaks, there is another culprit: back to 2, leaving out who was cleared.
 *
 * One culprit among n: 1 + log2(n) + 2 questions; each further one at most log2(n) + 2. Nobody is accused without a confirmation of their own.
 */

export type Verdict = 'breaks' | 'holds'

export interface Question<T> {
  readonly group: readonly T[]
  /** 0 searches, 1 confirms. */
  readonly draw: 0 | 1
}

export interface SearchOptions<T> {
  readonly weight?: (item: T) => number
  readonly clears?: (group: readonly T[]) => boolean
  /** Questions that may be asked; asking again what was answered is free. */
  readonly budget: number
  /** Ends with the first that is confirmed, and leaves it to the caller whether what remains still breaks. */
  readonly first?: boolean
}

export type Finding<T> =
  /** Each of these breaks by itself, the inner ones together; what remains holds, unless only the first was asked for. */
  | { readonly kind: 'found'; readonly culprits: readonly (readonly T[])[] }
  /** Neither the whole nor a part of it breaks. */
  | { readonly kind: 'nothing-breaks' }
  /** The whole breaks, and no small set was confirmed to be why. `culprits` were, and more remains. */
  | { readonly kind: 'unclear'; readonly culprits: readonly (readonly T[])[]; readonly suspects: readonly T[] }
  /** As far as the budget went: `suspects` is the smallest group still seen to break. */
  | { readonly kind: 'out-of-budget'; readonly culprits: readonly (readonly T[])[]; readonly suspects: readonly T[] }
  /** The test did not answer (yet). */
  | {
      readonly kind: 'unanswered'
      readonly question: Question<T>
      readonly culprits: readonly (readonly T[])[]
      readonly suspects: readonly T[]
    }

/** A set of more than this that breaks only together is given up on: the cause is then not in single contributions. */
const mostTogether = 3

/**
 * Asks `test` until the cause is found or the budget is spent; never twice about the same. A test that answers null ends it as `unanswered`: called again
 * with what was learned, it goes on from there, because the questions follow from the answers alone.
 */
export async function findCulprits<T>(
  items: readonly T[],
  test: (question: Question<T>) => Promise<Verdict | null>,
  options: SearchOptions<T>,
): Promise<Finding<T>> {
  const place = new Map(items.map((item, index) => [item, index]))
  const keyOf = ({ group, draw }: Question<T>) => `${draw} ${group.map((item) => place.get(item)).sort((a, b) => a! - b!).join(' ')}` // prettier-ignore
  const answers = new Map<string, Verdict>()
  const search = new Search(items, options)
  const questions = search.questions()
  let step = questions.next()
  while (!step.done) {
    const question = step.value
    const key = keyOf(question)
    let verdict = answers.get(key)
    if (verdict === undefined) {
      if (answers.size >= options.budget) return { kind: 'out-of-budget', culprits: search.culprits, suspects: search.suspects }
      const answer = await test(question)
      if (answer === null) return { kind: 'unanswered', question, culprits: search.culprits, suspects: search.suspects }
      answers.set(key, (verdict = answer))
    }
    step = questions.next(verdict)
  }
  return step.value
}

type Asking<T, R> = Generator<Question<T>, R, Verdict>

class Search<T> {
  readonly culprits: (readonly T[])[] = []
  /** The smallest group seen to break since the last accusation. */
  suspects: readonly T[] = []
  readonly #items: readonly T[]
  readonly #weight: (item: T) => number
  readonly #clears: (group: readonly T[]) => boolean
  readonly #first: boolean
  readonly #cleared = new Set<T>()

  constructor(items: readonly T[], { weight = () => 1, clears = () => true, first = false }: SearchOptions<T>) {
    this.#items = items
    this.#weight = weight
    this.#clears = clears
    this.#first = first
  }

  *questions(): Asking<T, Finding<T>> {
    if (this.#items.length === 0) return { kind: 'nothing-breaks' }
    let resolved = true
    if (yield* this.#breaks(this.#items)) resolved = yield* this.#exhaust(this.#items)
    else if (this.#items.length > 1) resolved = yield* this.#sweep(this.#items)
    if (!resolved) return { kind: 'unclear', culprits: this.culprits, suspects: this.suspects }
    return this.culprits.length > 0 ? { kind: 'found', culprits: this.culprits } : { kind: 'nothing-breaks' }
  }

  /** Every part that is small enough to be cleared by holding. */
  *#sweep(group: readonly T[]): Asking<T, boolean> {
    let resolved = true
    for (const half of this.#halves(group)) {
      if (this.#first && this.culprits.length > 0) return resolved
      if (half.length > 1 && !this.#clears(half)) resolved = (yield* this.#sweep(half)) && resolved
      else if (yield* this.#breaks(half)) resolved = (yield* this.#exhaust(half)) && resolved
    }
    return resolved
  }

  /** Accuses within a group that breaks until what is left of it holds. False where that cannot be done. */
  *#exhaust(group: readonly T[]): Asking<T, boolean> {
    let left = group
    for (;;) {
      const accused = yield* this.#isolate(left)
      if (accused === null) return false
      this.culprits.push(accused)
      this.suspects = []
      if (this.#first) return true
      left = left.filter((item) => !accused.includes(item))
      if (left.length === 0 || !(yield* this.#breaks(left))) return true
    }
  }

  /** One culprit, or the few that break together, of a group that breaks. */
  *#isolate(group: readonly T[]): Asking<T, readonly T[] | null> {
    const open = group.filter((item) => !this.#cleared.has(item))
    // Halves that were passed by, because the other half broke: largest first.
    const others: (readonly T[])[] = []
    for (let suspects: readonly T[] | undefined = open.length > 0 ? open : group; suspects; suspects = yield* this.#nextOf(others)) {
      while (suspects.length > 1) {
        const [left, right]: [T[], T[]] = this.#halves(suspects)
        if (yield* this.#breaks(left)) {
          others.push(right)
          suspects = left
        } else {
          for (const item of left) this.#cleared.add(item)
          suspects = right
        }
      }
      if ((yield { group: suspects, draw: 1 }) === 'breaks') return suspects
      // Misled: what broke on the way breaks nothing by itself.
    }
    return yield* this.#together(group)
  }

  *#nextOf(others: (readonly T[])[]): Asking<T, readonly T[] | undefined> {
    for (let other = others.shift(); other; other = others.shift()) if (yield* this.#breaks(other)) return other
    return undefined
  }

  /** The last of the shortest run that breaks is needed; with it kept, the next one is looked for among those before it. */
  *#together(group: readonly T[]): Asking<T, readonly T[] | null> {
    const needed: T[] = []
    let pool = group
    while (needed.length < mostTogether && pool.length > 0) {
      let [holds, breaks] = [0, pool.length]
      while (breaks - holds > 1) {
        const middle = Math.floor((holds + breaks) / 2)
        if (yield* this.#breaks([...needed, ...pool.slice(0, middle)])) breaks = middle
        else holds = middle
      }
      needed.push(pool[breaks - 1]!)
      pool = pool.slice(0, breaks - 1)
      if (yield* this.#breaks(needed)) return yield* this.#smallest(needed)
    }
    return null
  }

  /** Without whoever is not needed for it to break: a wrong answer on the way may have let an innocent in. Then confirmed. */
  *#smallest(set: readonly T[]): Asking<T, readonly T[] | null> {
    let kept = set
    for (const item of set) {
      const others = kept.filter((one) => one !== item)
      if (others.length > 0 && (yield* this.#breaks(others))) kept = others
    }
    return (yield { group: [...kept], draw: 1 }) === 'breaks' ? kept : null
  }

  *#breaks(group: readonly T[]): Asking<T, boolean> {
    const breaks = (yield { group: [...group], draw: 0 }) === 'breaks'
    if (breaks && (this.suspects.length === 0 || group.length < this.suspects.length)) this.suspects = [...group]
    return breaks
  }

  /** Two parts that weigh as nearly the same as their order allows, neither empty. */
  #halves(group: readonly T[]): [T[], T[]] {
    const total = group.reduce((sum, item) => sum + this.#weight(item), 0)
    let [at, before] = [1, this.#weight(group[0]!)]
    while (at < group.length - 1) {
      const next = before + this.#weight(group[at]!)
      if (Math.abs(total - 2 * next) >= Math.abs(total - 2 * before)) break
      before = next
      at++
    }
    return [group.slice(0, at), group.slice(at)]
  }
}
