import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { Group } from '../../../src/mongoose/command/group-commit'
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

describe('a group', () => {
  it('sends an item at once if nothing is under way', () => {
    const { group, sent } = held()
    void group.add(1)
    expect(sent).toEqual([[1]])
  })

  it('sends those that waited together, and gives each its own answer', async () => {
    const { group, sent, ends } = held()
    const results = [1, 2, 3, 4, 5].map((item) => group.add(item))
    expect(sent).toEqual([[1], [2]])
    ends[0]?.answer()
    expect(await results[0]).toBe('r1')
    expect(sent).toEqual([[1], [2], [3, 4, 5]])
    ends[2]?.answer()
    expect(await Promise.all(results.slice(2))).toEqual(['r3', 'r4', 'r5'])
  })

  it('rejects an item with its own error, and answers its neighbours', async () => {
    const { group, ends } = held()
    const results = [1, 2, 3, 4, 5].map((item) => group.add(item))
    ends[0]?.answer()
    await results[0]
    const refused = new Error('refused')
    ends[2]?.answer([{ result: 'r3' }, { error: refused }, { result: 'r5' }])
    const ended = await Promise.allSettled(results.slice(2))
    expect(ended).toEqual([
      { status: 'fulfilled', value: 'r3' },
      { status: 'rejected', reason: refused },
      { status: 'fulfilled', value: 'r5' },
    ])
  })

  it('rejects all items of a command that fails, and goes on with the next', async () => {
    const { group, sent, ends } = held()
    const results = [1, 2, 3, 4].map((item) => group.add(item))
    ends[0]?.answer()
    await results[0]
    const gone = new Error('connection closed')
    ends[2]?.fail(gone)
    expect(await Promise.allSettled(results.slice(2))).toEqual([
      { status: 'rejected', reason: gone },
      { status: 'rejected', reason: gone },
    ])
    void group.add(5)
    expect(sent.at(-1)).toEqual([5])
  })

  it('does not wait longer than 50 ms for a command that is slow', async () => {
    const { group, sent } = held()
    for (const item of [1, 2, 3, 4]) void group.add(item)
    expect(sent).toEqual([[1], [2]])
    await sleep(120)
    expect(sent).toEqual([[1], [2], [3, 4]])
  })

  it('sends at most a hundred together', async () => {
    const { group, sent, ends } = held()
    for (let item = 0; item < 152; item++) void group.add(item)
    ends[0]?.answer()
    await sleep(0)
    ends[1]?.answer()
    await sleep(0)
    expect(sent.map(({ length }) => length)).toEqual([1, 1, 100, 50])
  })
})
