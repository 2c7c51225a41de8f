import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
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

/** Adds as many items as may be under way, and then these. */
const fill = (group: Group<number, string>, ...items: number[]) => {
  const first = [1, 2, 3, 4].map((item) => group.add(item))
  return { first, results: items.map((item) => group.add(item)) }
}
const alone = [[1], [2], [3], [4]]

describe('a group', () => {
  it('sends an item at once if few commands are under way', () => {
    const { group, sent } = held()
    fill(group)
    expect(sent).toEqual(alone)
  })

  it('shares those that waited among its commands, and gives each its own answer', async () => {
    const { group, sent, ends } = held()
    const { first, results } = fill(group, 5, 6, 7, 8, 9, 10)
    expect(sent).toEqual(alone)
    ends[0]?.answer()
    expect(await first[0]).toBe('r1')
    ends[1]?.answer()
    expect(await first[1]).toBe('r2')
    expect(sent).toEqual([...alone, [5, 6, 7], [8, 9]])
    ends[4]?.answer()
    ends[5]?.answer()
    expect(await Promise.all(results.slice(0, 5))).toEqual(['r5', 'r6', 'r7', 'r8', 'r9'])
  })

  it('rejects an item with its own error, and answers its neighbours', async () => {
    const { group, ends } = held()
    const { first, results } = fill(group, 5, 6, 7, 8, 9, 10)
    ends[0]?.answer()
    await first[0]
    const refused = new Error('refused')
    ends[4]?.answer([{ result: 'r5' }, { error: refused }, { result: 'r7' }])
    expect(await Promise.allSettled(results.slice(0, 3))).toEqual([
      { status: 'fulfilled', value: 'r5' },
      { status: 'rejected', reason: refused },
      { status: 'fulfilled', value: 'r7' },
    ])
  })

  it('rejects all items of a command that fails, and goes on with the next', async () => {
    const { group, sent, ends } = held()
    const { first, results } = fill(group, 5, 6)
    ends[0]?.answer()
    await first[0]
    const gone = new Error('connection closed')
    ends[4]?.fail(gone)
    expect(await Promise.allSettled(results)).toEqual([
      { status: 'rejected', reason: gone },
      { status: 'rejected', reason: gone },
    ])
    void group.add(7)
    expect(sent.at(-1)).toEqual([7])
  })

  it('does not wait longer than 50 ms for commands that are slow', async () => {
    const { group, sent } = held()
    fill(group, 5, 6)
    expect(sent).toEqual(alone)
    await sleep(120)
    expect(sent).toEqual([...alone, [5, 6]])
  })

  it('sends at most a hundred together', async () => {
    const { group, sent, ends } = held()
    fill(group, ...Array.from({ length: 500 }, (_, index) => index + 5))
    ends[0]?.answer()
    await sleep(0)
    expect(sent.at(-1)).toHaveLength(100)
  })
})
