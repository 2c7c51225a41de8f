import mongoose from 'mongoose'
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest'
import { makeLives, phases } from '../../bench/delivery/deliveries'
import { ours } from '../../bench/delivery/ours'
import { rivals } from '../../bench/delivery/rivals'
import { drive } from '../../bench/shared/drive'
import { type Database, startDatabase } from '../../bench/shared/start-database'

const handlers = { ...ours, ...rivals }
/** Every delivery of these users goes to both servers. */
const lives = makeLives(20)

let stub: Database
beforeAll(async () => {
  stub = await startDatabase(true)
})
afterAll(() => stub.stop())

/** Delivers everything, so many at a time, and returns what was answered, sent and stored. */
async function deliverAll(mongoUri: string, name: string, inFlight: number) {
  const options = { dbName: `test_bench_${name.replace(/\W+/g, '_')}`, monitorCommands: true }
  const connection = await mongoose.createConnection(mongoUri, options).asPromise()
  await connection.dropDatabase()
  const subject = await handlers[name]?.(connection)
  const commands: string[] = []
  connection.getClient().on('commandStarted', ({ commandName }) => commands.push(commandName))
  const answers = new Map<string, string>()
  for (const phase of phases) {
    await drive(lives.get(phase) ?? [], inFlight, async ({ headers, body }) => {
      const request = new Request('http://localhost/', { method: 'POST', headers, body })
      const response = await subject?.fetch(request)
      answers.set(`${phase} ${headers['svix-id']}`, `${response?.status} ${await response?.text()}`)
    })
  }
  const sent = commands.length
  const stored: object[] = []
  for (const collection of ['users', 'clerk_tombstones', 'clerk_deliveries'])
    stored.push(...(await connection.collection(collection).find({}).toArray()))
  await connection.dropDatabase()
  await connection.close()
  return { answers, commands: commands.slice(0, sent), stored }
}

/** Documents without what differs between two runs: generated ids, and times of the run itself. Tallies are added up. */
function comparable(stored: readonly object[]): string[] {
  const tallied: Record<string, number> = {}
  for (const doc of stored)
    if ('slotAt' in doc && 'outcomes' in doc)
      for (const [outcome, count] of Object.entries(doc.outcomes as Record<string, number>))
        tallied[outcome] = (tallied[outcome] ?? 0) + count
  const ofRun = ['createdAt', 'updatedAt', 'lastClerkSync', 'receivedAt', 'firstSeenAt', 'lastSeenAt', 'durationMs']
  const known = [tallied, ...stored.filter((doc) => !('slotAt' in doc))].map((doc) => {
    const entries = Object.entries(doc).filter(([key, value]) => !(ofRun.includes(key) || isObjectId(value)))
    return JSON.stringify(Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))))
  })
  return known.sort()
}

const isObjectId = (value: unknown) => value instanceof mongoose.Types.ObjectId

describe('the stub server of the benchmarks', () => {
  it.each(Object.keys(handlers))('answers %s as the real server does, and stores the same', async (name) => {
    const [real, stubbed] = [await deliverAll(inject('mongoUri'), name, 1), await deliverAll(stub.uri, name, 1)]
    expect(stubbed.answers).toEqual(real.answers)
    expect(stubbed.commands).toEqual(real.commands)
    expect(comparable(stubbed.stored)).toEqual(comparable(real.stored))
    expect(real.stored.length).toBeGreaterThan(0)
  })

  it('answers deliveries that share commands as the real server does', async () => {
    const [real, stubbed] = [await deliverAll(inject('mongoUri'), 'ours', 20), await deliverAll(stub.uri, 'ours', 20)]
    expect(stubbed.answers).toEqual(real.answers)
    expect(comparable(stubbed.stored)).toEqual(comparable(real.stored))
    const oneByOne = await deliverAll(stub.uri, 'ours', 1)
    expect(stubbed.commands.length).toBeLessThan(oneByOne.commands.length)
  })

  it('refuses a command, an operator and a stage that it does not know', async () => {
    const connection = await mongoose.createConnection(stub.uri, { dbName: 'unknown' }).asPromise()
    const things = connection.collection('things')
    await things.insertOne({ a: 1 })
    await expect(connection.db?.command({ validate: 'things' })).rejects.toThrow(/validate/)
    await expect(things.findOne({ a: { $mod: [2, 0] } })).rejects.toThrow(/\$mod/)
    await expect(things.updateOne({}, { $mul: { a: 2 } })).rejects.toThrow(/\$mul/)
    await expect(things.aggregate([{ $sample: { size: 1 } }]).toArray()).rejects.toThrow(/\$sample/)
    await connection.close()
  })
})
