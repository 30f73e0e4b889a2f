/**
 * How many builds the search for culprits asks for, with answers that are made up: `node bench/bisect-simulated.ts [searches]`. The real builds are in
 * bench/bisect.ts; here only the questions are counted, over many more searches than anybody could build. Controls are counted too.
 */

import { randomFrom } from '../examples/random.ts'
import { findCulprits, type Verdict } from '../src/domain/release-train/find-culprits.ts'

const searches = Number(process.argv[2] ?? 2000)
/** What the largest default budget of a community leaves for questions, many times over: none of these is stopped by it. */
const budget = 200

console.log('| contributions | culprits | wrong answers | builds, mean | builds, most | found | wrongly accused in 100 searches |')
console.log('|---|---|---|---|---|---|---|')
for (const count of [64, 256])
  for (const wrongShare of [0, 0.025])
    for (const howMany of [0, 1, 2, 3]) {
      const builds: number[] = []
      let [found, wrongly] = [0, 0]
      for (let search = 0; search < searches; search++) {
        const random = randomFrom(search * 7919 + howMany * 31 + count)
        const items = Array.from({ length: count }, (_, item) => item)
        const culprits = new Set(random.shuffled(items).slice(0, howMany))
        const draws = new Set<number>()
        const answers = new Map<string, Verdict>()
        const accused = new Set<number>()
        // As a train does it: search for one, leave it out, and search again while the gate still fails; what was built is not built again.
        for (
          let rest = items;
          rest === items || rest.some((item) => culprits.has(item));
          rest = items.filter((item) => !accused.has(item))
        ) {
          const finding = await findCulprits(
            rest,
            async ({ group, draw }) => {
              draws.add(draw)
              const key = `${draw} ${[...group].sort((a, b) => a - b).join(' ')}`
              const wrong = random.next() < wrongShare
              const answer = answers.get(key) ?? (group.some((item) => culprits.has(item)) !== wrong ? 'breaks' : 'holds')
              answers.set(key, answer)
              return answer
            },
            { budget, first: true },
          )
          const named = finding.kind === 'found' ? finding.culprits.flat() : []
          for (const item of named) accused.add(item)
          if (named.length === 0) break
        }
        builds.push(answers.size + draws.size)
        const hits = [...accused].filter((item) => culprits.has(item)).length
        found += hits
        wrongly += accused.size - hits
      }
      const mean = builds.reduce((sum, one) => sum + one, 0) / searches
      const share = howMany === 0 ? '' : `${((100 * found) / (searches * howMany)).toFixed(1)} %`
      console.log(
        `| ${count} | ${howMany} | ${100 * wrongShare} % | ${mean.toFixed(1)} | ${Math.max(...builds)} | ${share} | ${((100 * wrongly) / searches).toFixed(2)} |`,
      )
    }
