/** Speed and time left. The first two steps and those that open a session are 2 to 3 times slower than what follows, so they do not count. */

const slowSteps = 2
/** Steps the estimate looks back on. */
const window = 50

export interface ProgressClock {
  time<T extends { readonly openedSession: boolean }>(step: () => Promise<T>, tokens: number): Promise<T>
  read(stepsLeft: number): { readonly tokensPerSecond: number; readonly secondsLeft: number }
}

export function progressClock(): ProgressClock {
  const counted: { seconds: number; tokens: number }[] = []
  let steps = 0
  let last = { seconds: 0, tokens: 0 }
  return {
    async time(step, tokens) {
      const start = performance.now()
      const result = await step()
      steps += 1
      last = { seconds: (performance.now() - start) / 1000, tokens }
      if (steps > slowSteps && !result.openedSession) counted.push(last)
      if (counted.length > window) counted.shift()
      return result
    },
    read(stepsLeft) {
      const seen = counted.length ? counted : [last]
      const seconds = seen.reduce((sum, step) => sum + step.seconds, 0)
      const tokens = seen.reduce((sum, step) => sum + step.tokens, 0)
      return { tokensPerSecond: tokens / seconds, secondsLeft: (stepsLeft * seconds) / seen.length }
    },
  }
}
