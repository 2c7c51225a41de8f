// Measures webhook handlers in a process that does nothing else.

import { subscribe } from 'node:diagnostics_channel'
import type { Socket } from 'node:net'
import mongoose from 'mongoose'
import { answerParent } from '../shared/answer-parent'
import { type Cost, drive } from '../shared/drive'
import { rotated } from '../shared/statistics'
import { type Delivery, makeLives, type Phase, phases } from './deliveries'
import { ours } from './ours'
import { rivals } from './rivals'
import type { Subject } from './subject'

export interface Question {
  mongoUri: string
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

/** What a phase sends to the database, for each delivery. */
export interface Traffic {
  subject: string
  phase: Phase
  inFlight: number
  commands: number
  bytes: number
}

const sockets = new Set<Socket>()
subscribe('net.client.socket', (message) => void sockets.add((message as { socket: Socket }).socket))
const bytesOnTheWire = () => [...sockets].reduce((sum, one) => sum + one.bytesRead + one.bytesWritten, 0)

interface Opened extends Subject {
  name: string
  /** Of the commands sent, with monitoring. */
  sent: { commands: number }
  close(): Promise<void>
}

/** Opens a subject with a database and connections of its own. Monitoring of commands costs time. */
async function open(mongoUri: string, name: string, monitorCommands: boolean): Promise<Opened> {
  const maker = { ...ours, ...rivals }[name]
  if (!maker)
    throw new Error(`No subject is called ${name}. There are: ${Object.keys({ ...ours, ...rivals }).join(' | ')}`)
  const dbName = `bench_${name.replace(/\W+/g, '_')}_${monitorCommands ? 'counted_' : ''}${process.pid}`
  const connection = await mongoose.createConnection(mongoUri, { dbName, monitorCommands }).asPromise()
  const sent = { commands: 0 }
  connection.getClient().on('commandStarted', () => void sent.commands++)
  const subject = await maker(connection)
  const close = async () => {
    await connection.dropDatabase()
    await connection.close()
  }
  return { ...subject, name, sent, close }
}

/** Handles deliveries as a Fetch handler gets them. @throws {Error} for an answer that is not 200. */
function deliver({ name, fetch }: Subject & { name: string }, deliveries: readonly Delivery[], inFlight: number) {
  const requests = deliveries.map(
    ({ headers, body }) => new Request('http://localhost/api/webhooks/clerk', { method: 'POST', headers, body }),
  )
  return drive(requests, inFlight, async (request) => {
    const { status } = await fetch(request)
    if (status !== 200) throw new Error(`${name} answered a delivery with ${status}.`)
  })
}

answerParent<Question>(async (question) => {
  const opened = await Promise.all(question.subjects.map((name) => open(question.mongoUri, name, false)))
  const samples: Sample[] = []
  for (const subject of opened) for (const [, all] of makeLives(question.users)) await deliver(subject, all, 64)
  for (let round = 0; round < question.rounds; round++) {
    for (const inFlight of question.inFlight) {
      const lives = makeLives(question.users)
      for (const phase of upTo(question.phases)) {
        for (const subject of rotated(opened, round)) {
          const cost = await deliver(subject, lives.get(phase) ?? [], inFlight)
          samples.push({ subject: subject.name, phase, inFlight, round, ...cost })
        }
      }
    }
  }
  await Promise.all(opened.map(({ close }) => close()))
  return { samples, traffic: await countTraffic(question) }
})

/** Phases as far as one is asked for: a later one needs what the earlier ones left. */
const upTo = (asked: readonly Phase[]) => phases.slice(0, 1 + Math.max(...asked.map((phase) => phases.indexOf(phase))))

/** Counts commands and bytes, and checks the outcomes, which costs time and therefore is not measured. */
async function countTraffic(question: Question): Promise<Traffic[]> {
  const traffic: Traffic[] = []
  for (const name of question.subjects) {
    const { fetch, sent, close } = await open(question.mongoUri, name, true)
    const checked = async (request: Request, kind: string) => {
      const response = await fetch(request)
      const text = await response.text()
      if (name in ours && text !== JSON.stringify({ outcome: kind }))
        throw new Error(`${name} answered a delivery that is ${kind} with ${text}.`)
      return response
    }
    // What a process reads once, at its first write.
    for (const [, all] of makeLives(1)) await deliver({ name, fetch } as Opened, all, 1)
    for (const inFlight of question.inFlight) {
      const lives = makeLives(question.users)
      for (const phase of upTo(question.phases)) {
        const all = lives.get(phase) ?? []
        const [commands, bytes] = [sent.commands, bytesOnTheWire()]
        await drive(all, inFlight, ({ headers, body, kind }) =>
          checked(new Request('http://localhost/', { method: 'POST', headers, body }), kind),
        )
        const perDelivery = (count: number) => count / all.length
        traffic.push({
          subject: name,
          phase,
          inFlight,
          commands: perDelivery(sent.commands - commands),
          bytes: perDelivery(bytesOnTheWire() - bytes),
        })
      }
    }
    await close()
  }
  return traffic
}
