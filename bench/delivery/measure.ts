// Measures webhook handlers in a process that does nothing else.

import { answerParent } from '../shared/answer-parent'
import type { Cost } from '../shared/drive'
import { rotated } from '../shared/statistics'
import { bytesOnTheWire } from './bytes-on-the-wire'
import { type Carrier, fetchCarrier, httpCarrier } from './carry'
import { makeLives, type Phase, phases } from './deliveries'
import { open } from './open'

export interface Question {
  mongoUri: string
  /** How deliveries reach the handlers. */
  via: 'fetch' | 'http'
  subjects: readonly string[]
  phases: readonly Phase[]
  inFlight: readonly number[]
  /** Users whose lives are delivered in each round. */
  users: number
  rounds: number
}

/** What one phase of one round cost with a handler. */
export interface Sample extends Cost {
  subject: string
  phase: Phase
  inFlight: number
  round: number
}

/** What a phase sends to the database and receives from it, for each delivery. */
export interface Traffic {
  subject: string
  phase: Phase
  inFlight: number
  commands: number
  bytes: number
}

export interface Answer {
  samples: Sample[]
  traffic: Traffic[]
}

answerParent<Question>(async (question): Promise<Answer> => {
  const carrier = question.via === 'http' ? await httpCarrier() : fetchCarrier()
  const samples = await takeSamples(question, carrier)
  const traffic = await countTraffic(question, carrier)
  await carrier.stop()
  return { samples, traffic }
})

/** Phases as far as one is asked for: each needs what the earlier ones left. */
const upTo = (asked: readonly Phase[]) => phases.slice(0, 1 + Math.max(...asked.map((phase) => phases.indexOf(phase))))

async function takeSamples(question: Question, carrier: Carrier): Promise<Sample[]> {
  const subjects = await Promise.all(question.subjects.map((name) => open(question.mongoUri, name)))
  const samples: Sample[] = []
  for (const subject of subjects) {
    for (const [, deliveries] of makeLives(question.users)) await carrier.carry(subject, deliveries, 64)
  }
  for (let round = 0; round < question.rounds; round++) {
    for (const inFlight of question.inFlight) {
      const lives = makeLives(question.users)
      for (const phase of upTo(question.phases)) {
        for (const subject of rotated(subjects, round)) {
          const cost = await carrier.carry(subject, lives.get(phase) ?? [], inFlight)
          samples.push({ subject: subject.name, phase, inFlight, round, ...cost })
        }
      }
    }
  }
  for (const { close } of subjects) await close()
  return samples
}

/** Counts commands and bytes, and checks the outcomes. Both cost time, and therefore are not part of a measured round. */
async function countTraffic(question: Question, carrier: Carrier): Promise<Traffic[]> {
  const traffic: Traffic[] = []
  for (const name of question.subjects) {
    const subject = await open(question.mongoUri, name, { isCounted: true })
    // What a process reads once, at its first write.
    for (const [, deliveries] of makeLives(1)) await carrier.carry(subject, deliveries, 1)
    for (const inFlight of question.inFlight) {
      const lives = makeLives(question.users)
      for (const phase of upTo(question.phases)) {
        const deliveries = lives.get(phase) ?? []
        const [commands, bytes] = [subject.commands(), bytesOnTheWire()]
        await carrier.carry(subject, deliveries, inFlight, true)
        const per = (count: number) => count / deliveries.length
        const counts = { commands: per(subject.commands() - commands), bytes: per(bytesOnTheWire() - bytes) }
        traffic.push({ subject: name, phase, inFlight, ...counts })
      }
    }
    await subject.close()
  }
  return traffic
}
