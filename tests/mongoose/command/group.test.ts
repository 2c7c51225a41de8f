import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { Group } from '../../../src/mongoose/command/send'
import type { Answer } from '../../../src/mongoose/command/send-together'

/** A group whose commands end when the test says so. */
function held() {
  const sent: number[][] = []
  const ends: { answer(answers?: Answer<string>[]): void; fail(error: unknown): void }[] = []
  const group = new Group<number, string>((items) => {
    sent.push(items)
    return new Promise((resolve, reject) => {
      ends.push({ answer: (answers = items.map((item) => ({ result: `r${item}` }))) => resolve(answers), fail: reject })
    })
  })
  return { group, sent, ends }
}

afterEach(() => {
  vi.useRealTimers()
})

describe('a group', () => {
  it('sends what is added in one turn as one command, and gives each its own answer', async () => {
    const { group, sent, ends } = held()
    const results = [1, 2, 3].map((item) => group.add(item))
    expect(sent).toEqual([])
    await turn()
    expect(sent).toEqual([[1, 2, 3]])
    ends[0]?.answer()
    expect(await Promise.all(results)).toEqual(['r1', 'r2', 'r3'])
  })

  it('sends what was added meanwhile when the command has its answer', async () => {
    const { group, sent, ends } = held()
    const first = group.add(1)
    await turn()
    const results = [2, 3].map((item) => group.add(item))
    await turn()
    expect(sent).toEqual([[1]])
    ends[0]?.answer()
    await first
    void group.add(4)
    await turn()
    expect(sent).toEqual([[1], [2, 3, 4]])
    ends[1]?.answer()
    expect(await Promise.all(results)).toEqual(['r2', 'r3'])
  })

  it('rejects an item with its own error, and answers its neighbours', async () => {
    const { group, ends } = held()
    const results = [1, 2, 3].map((item) => group.add(item))
    await turn()
    const refused = new Error('refused')
    ends[0]?.answer([{ result: 'r1' }, { error: refused }, { result: 'r3' }])
    expect(await Promise.allSettled(results)).toEqual([
      { status: 'fulfilled', value: 'r1' },
      { status: 'rejected', reason: refused },
      { status: 'fulfilled', value: 'r3' },
    ])
  })

  it('rejects all items of a command that fails, and goes on with the next', async () => {
    const { group, sent, ends } = held()
    const results = [1, 2].map((item) => group.add(item))
    await turn()
    const gone = new Error('connection closed')
    ends[0]?.fail(gone)
    expect(await Promise.allSettled(results)).toEqual([
      { status: 'rejected', reason: gone },
      { status: 'rejected', reason: gone },
    ])
    void group.add(3)
    await turn()
    expect(sent.at(-1)).toEqual([3])
  })

  it('does not wait for the answer to a slow command', async () => {
    const { group, sent } = held()
    void group.add(1)
    await turn()
    for (const item of [2, 3]) void group.add(item)
    await sleep(50)
    expect(sent).toEqual([[1], [2, 3]])
    void group.add(4)
    await sleep(50)
    expect(sent).toEqual([[1], [2, 3], [4]])
  })

  it('sends at most 32 together', async () => {
    const { group, sent } = held()
    for (let item = 0; item < 80; item++) void group.add(item)
    await sleep(50)
    expect(sent.map(({ length }) => length)).toEqual([32, 32, 16])
    expect(sent.flat()).toEqual(Array.from({ length: 80 }, (_, item) => item))
  })

  it('goes on while a test has stopped the clock', async () => {
    vi.useFakeTimers()
    const { group, sent, ends } = held()
    const first = group.add(1)
    await turn()
    expect(sent).toEqual([[1]])
    void group.add(2)
    ends[0]?.answer()
    await first
    await turn()
    expect(sent).toEqual([[1], [2]])
  })
})
