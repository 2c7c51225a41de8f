// Runs one job over all users of a fake Clerk, in a process of its own.

import type { ClerkUserJSON } from 'clerk-mongo-sync'
import mongoose from 'mongoose'
import { clerkSync, User } from '../backfill/app'
import { fieldsOf } from '../delivery/rivals'
import { answerParent } from '../shared/answer-parent'

/** `bulkWrite`: a script written by hand that reads the same pages and writes each with one command. */
export type Job = 'backfill' | 'reconcile' | 'bulkWrite'

export interface JobCost {
  seconds: number
  /** CPU time of this process per user, in microseconds. */
  cpu: number
  /** Peak resident memory in MiB. */
  peak: number
}

/** Of Clerk's Backend API, whose largest page this is. */
const PAGE = 500

answerParent<{ job: Job; users: number }>(async ({ job, users }): Promise<JobCost> => {
  await clerkSync.connect()
  await User.init()
  const [started, before] = [performance.now(), process.cpuUsage()]
  const done = await run(job)
  const { user, system } = process.cpuUsage(before)
  const seconds = (performance.now() - started) / 1000
  if (done !== users) throw new Error(`${job} processed ${done} of ${users} users.`)
  await mongoose.disconnect()
  return { seconds, cpu: (user + system) / users, peak: process.resourceUsage().maxRSS / 1024 }
})

/** @returns How many users are in step at the end. */
async function run(job: Job): Promise<number> {
  if (job === 'bulkWrite') return bulkWriteByHand()
  if (job === 'reconcile') return (await clerkSync.reconcile()).checked
  const { created, unchanged } = await clerkSync.backfill()
  return created + unchanged
}

async function bulkWriteByHand(): Promise<number> {
  let written = 0
  for (;;) {
    const page = await readPage(written)
    if (page.length === 0) return written
    await User.collection.bulkWrite(
      page.map((user) => {
        const now = new Date()
        const $set = { ...known(fieldsOf(user)), syncStatus: 'active', lastClerkSync: now, updatedAt: now }
        const update = { $set, $setOnInsert: { createdAt: now } }
        return { updateOne: { filter: { clerkId: user.id }, update, upsert: true } }
      }),
      { ordered: false },
    )
    written += page.length
  }
}

/** Without what Clerk does not know: several users without a username would collide. */
const known = (fields: object) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value != null))

async function readPage(offset: number): Promise<ClerkUserJSON[]> {
  const { CLERK_API_URL, CLERK_SECRET_KEY } = process.env
  const query = `limit=${PAGE}&offset=${offset}&order_by=created_at`
  const response = await fetch(`${CLERK_API_URL}/v1/users?${query}`, {
    headers: { authorization: `Bearer ${CLERK_SECRET_KEY}` },
  })
  if (!response.ok) throw new Error(`The Backend API answered with ${response.status}.`)
  return (await response.json()) as ClerkUserJSON[]
}
