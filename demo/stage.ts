import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { connectOnce } from 'clerk-mongo-sync/mongoose'
import { signClerkWebhook } from 'clerk-mongo-sync/testing'
import mongoose from 'mongoose'
import { app, User } from './app'
import { check, type Finding, type RawUser, type Stored } from './check'
import { checkLog, checkWelcomes } from './check-deliveries'
import type { DemoDatabase } from './database-uri'
import { chapters, expected, localAccount, welcomed } from './day'
import { mailServer } from './mail-server'
import { describe, type Printer } from './print'
import type { Delivery } from './script'

export interface Stage {
  /** Plays the day; whether everything is as it must be. */
  play(): Promise<boolean>
  close(options: { drop: boolean }): Promise<void>
}

const newSecret = () => `whsec_${randomBytes(24).toString('base64')}`

/** The app on a free port, in front of an empty database that knows one local account. */
export async function openStage({ uri, name }: DemoDatabase, printer: Printer): Promise<Stage> {
  const signingSecret = newSecret()
  process.env.CLERK_WEBHOOK_SIGNING_SECRET = signingSecret
  await connectOnce(uri)
  await User.init()
  if ((await User.collection.findOne()) !== null) {
    await mongoose.disconnect()
    throw new Error(`The database ${name} has users already. The demo needs an empty one: name another in MONGODB_URI.`)
  }
  await User.create(localAccount)
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/webhooks/clerk`
  printer.line(`Endpoint: POST ${url}`)
  printer.line('TIME is when it happened at Clerk. Deliveries come in the order of the lines.')

  return {
    play: () => play(url, signingSecret, printer),
    async close({ drop }) {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      if (drop) await mongoose.connection.dropDatabase()
      await mongoose.disconnect()
    },
  }
}

async function play(url: string, signingSecret: string, printer: Printer): Promise<boolean> {
  const unexpected: string[] = []
  const started = performance.now()
  for (const { title, deliveries } of chapters) {
    printer.chapter(title)
    for (const delivery of deliveries) {
      const answer = await deliver(url, signingSecret, delivery)
      const isRight = answer.status === delivery.status && answer.result === delivery.result
      if (!isRight) unexpected.push(`${delivery.story}: ${answer.status} ${answer.result}`)
      const documents = await Promise.all(delivery.shows.map((clerkId) => User.collection.findOne({ clerkId })))
      printer.delivery(
        delivery,
        answer,
        documents.map((doc) => describe(doc as RawUser | undefined)),
      )
    }
  }
  const count = chapters.flatMap(({ deliveries }) => deliveries).length
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const stored = await readAll()
  const findings = [
    { claim: `All ${count} deliveries were answered as they must be, in ${seconds} s`, problems: unexpected },
    ...check(stored, expected, localAccount),
    checkWelcomes(mailServer.welcomed, welcomed),
    checkLog(await User.db.collection('clerk_deliveries').find().toArray(), chapters),
  ]
  printer.line()
  printer.line('What MongoDB holds at the end of the day')
  printer.users(stored.users)
  return summarize(findings, printer)
}

async function deliver(
  url: string,
  signingSecret: string,
  { event, messageId, isForged, isExpired, isMailAway = false }: Delivery,
): Promise<{ status: number; result: string }> {
  mailServer.isAway = isMailAway
  const { headers, body } = signClerkWebhook(event, {
    signingSecret: isForged ? newSecret() : signingSecret,
    messageId,
    timestamp: new Date(Date.now() - (isExpired ? 10 * 60_000 : 0)),
  })
  const response = await fetch(url, { method: 'POST', headers, body })
  const answer = (await response.json()) as { outcome?: string; error?: { code: string } }
  return { status: response.status, result: answer.outcome ?? answer.error?.code ?? '(nothing)' }
}

/** By the driver alone, so that neither mongoose nor the library can tell a better story than what is there. */
async function readAll(): Promise<Stored> {
  const users: RawUser[] = await User.collection.find().toArray()
  const tombstones: RawUser[] = await User.db.collection('clerk_tombstones').find().toArray()
  return { users, tombstones }
}

function summarize(findings: readonly Finding[], printer: Printer): boolean {
  const wrong = findings.filter(({ problems }) => problems.length > 0).length
  printer.line()
  printer.line('Checked against what must be there')
  printer.findings(findings)
  printer.line()
  printer.line(wrong === 0 ? `All ${findings.length} checks hold.` : `${wrong} of ${findings.length} checks FAIL.`)
  return wrong === 0
}
