// Measures deliveries to collections of several sizes.

import { mongo } from 'mongoose'
import { fetchCarrier } from '../delivery/carry'
import { makeLives, type Phase } from '../delivery/deliveries'
import { type Opened, open } from '../delivery/open'
import { answerParent } from '../shared/answer-parent'
import type { Cost } from '../shared/drive'
import { rotated } from '../shared/statistics'

export interface Question {
  mongoUri: string
  /** Numbers of stored users. */
  sizes: readonly number[]
  users: number
  rounds: number
}

export interface Sample extends Cost {
  stored: number
  phase: Phase
  round: number
}

const IN_FLIGHT = 8
const AT_ONCE = 5_000

answerParent<Question>(async ({ mongoUri, sizes, users, rounds }) => {
  const carrier = fetchCarrier()
  const filled: { stored: number; subject: Opened }[] = []
  for (const stored of sizes) filled.push({ stored, subject: await open(mongoUri, 'ours') })
  for (const { stored, subject } of filled) {
    await fill(subject, stored)
    for (const [, deliveries] of makeLives(users)) await carrier.carry(subject, deliveries, IN_FLIGHT)
  }
  const samples: Sample[] = []
  for (let round = 0; round < rounds; round++) {
    for (const [phase, deliveries] of makeLives(users)) {
      for (const { stored, subject } of rotated(filled, round)) {
        samples.push({ stored, phase, round, ...(await carrier.carry(subject, deliveries, IN_FLIGHT)) })
      }
    }
  }
  for (const { subject } of filled) await subject.close()
  return samples
})

/** Stores users as the library does, without it. */
async function fill({ connection }: Opened, count: number): Promise<void> {
  const now = new Date()
  const collection = connection.collection('users')
  for (let from = 0; from < count; from += AT_ONCE) {
    const documents = Array.from({ length: Math.min(AT_ONCE, count - from) }, (_, i) => ({
      _id: new mongo.ObjectId(),
      clerkId: `user_2stored${String(from + i).padStart(20, '0')}`,
      ...{ authProvider: 'clerk', syncStatus: 'active', lastClerkSync: now, clerkUpdatedAt: now },
      ...{
        email: `stored${from + i}@example.com`,
        username: `stored${from + i}`,
        firstName: 'Ada',
        lastName: 'Lovelace',
      },
      ...{ imageUrl: 'https://img.clerk.com/eyJ0eXBlIjoiZGVmYXVsdCJ9', createdAt: now, updatedAt: now, __v: 0 },
    }))
    await collection.insertMany(documents, { ordered: false })
  }
}
