// Measures status() with delivery logs of several sizes.

import { type ClerkSync, createClerkSync } from 'clerk-mongo-sync'
import { clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { fixtures } from 'clerk-mongo-sync/testing'
import mongoose, { Schema } from 'mongoose'
import { appFields } from '../delivery/subject'
import { answerParent } from '../shared/answer-parent'
import { rotated } from '../shared/statistics'

export interface Question {
  mongoUri: string
  /** Numbers of log entries. */
  entries: readonly number[]
  rounds: number
}

export interface Sample {
  entries: number
  round: number
  milliseconds: number
}

const AT_ONCE = 5_000
const CALLS = 5
const SLOT_MS = 600_000
const WEEK_MS = 7 * 24 * 60 * 60 * 1000

interface Subject {
  entries: number
  clerkSync: ClerkSync
}

answerParent<Question>(async ({ mongoUri, entries, rounds }) => {
  const connection = await mongoose.createConnection(mongoUri, { dbName: `bench_status_${process.pid}` }).asPromise()
  const schema = new Schema(appFields, { timestamps: true })
  schema.plugin(clerkSyncPlugin)
  const users = connection.model('User', schema)
  await users.init()
  const subjects: Subject[] = []
  for (const count of entries) {
    const deliveries = { collection: `deliveries_${count}` }
    const clerkSync = createClerkSync({ users, deliveries, logger: false })
    // Builds the log's indexes.
    await clerkSync.sync(fixtures.userCreated(), { messageId: 'msg_first' })
    await fill(connection.collection(deliveries.collection), count)
    subjects.push({ entries: count, clerkSync })
  }
  for (const { clerkSync } of subjects) await clerkSync.status()
  const samples: Sample[] = []
  for (let round = 0; round < rounds; round++)
    for (const subject of rotated(subjects, round)) samples.push({ round, ...(await measure(subject)) })
  await connection.dropDatabase()
  await connection.close()
  return samples
})

async function measure({ entries, clerkSync }: Subject): Promise<Omit<Sample, 'round'>> {
  const started = performance.now()
  for (let call = 0; call < CALLS; call++) await clerkSync.status()
  return { entries, milliseconds: (performance.now() - started) / CALLS }
}

/** A week of deliveries. The messages that fail are the same number whatever the size: what is open does not grow with it. */
async function fill(log: mongoose.Collection, count: number): Promise<void> {
  const now = Date.now()
  for (let from = 0; from < count; from += AT_ONCE) {
    const documents = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, index) => {
      const number = from + index
      const at = new Date(now - (WEEK_MS * (count - number)) / count)
      return {
        _id: `msg_2stored${String(number).padStart(16, '0')}` as never,
        type: 'user.updated',
        clerkId: `user_2stored${String(number % 50_000).padStart(20, '0')}`,
        ...{ attempts: 1, firstSeenAt: at, lastSeenAt: at, durationMs: number % 90 },
        ...(number < 20 ? { errorCode: 'timed_out', openSince: at } : { outcome: 'updated', hooksDone: [] }),
      }
    })
    await log.insertMany(documents, { ordered: false })
  }
  const slots = Array.from({ length: WEEK_MS / SLOT_MS }, (_, slot) => {
    const slotAt = new Date(Math.floor((now - slot * SLOT_MS) / SLOT_MS) * SLOT_MS)
    const counted = { outcomes: { updated: count }, latency: { 25: count }, slotAt, lastAt: slotAt }
    const filter = { _id: `tally:${slotAt.toISOString().slice(0, 16)}` as never }
    return { updateOne: { filter, update: { $set: counted }, upsert: true } }
  })
  await log.bulkWrite(slots as never[], { ordered: false })
}
