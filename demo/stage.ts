import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { connectOnce } from 'clerk-mongo-sync/mongoose'
import { createFakeClerk, type FakeClerk, signClerkWebhook } from 'clerk-mongo-sync/testing'
import mongoose from 'mongoose'
import { app, Membership, Organization, User } from './app'
import { check, checkMemberships, type Finding, type RawUser, type Stored } from './check'
import { checkLog, checkWelcomes } from './check-deliveries'
import type { DemoDatabase } from './database-uri'
import { day, localAccount, movedAccount } from './day'
import { mailServer } from './mail-server'
import { describe, type Printer } from './print'
import type { Delivery, Scene } from './script'

export interface Stage {
  /** Address of the dashboard. */
  dashboard: string
  /** Runs the demo. @returns whether everything is as expected. */
  play(): Promise<boolean>
  close(options: { drop: boolean }): Promise<void>
}

const newSecret = () => `whsec_${randomBytes(24).toString('base64')}`

/** Starts the fake Clerk and the app on free ports, with a database that has one local account. */
export async function openStage({ uri, name }: DemoDatabase, printer: Printer): Promise<Stage> {
  // Messages are held back until their step, and each step is one attempt.
  const clerk = await createFakeClerk({ delivery: { schedule: [0], chaos: () => ({ hold: true }) } })
  Object.assign(process.env, {
    CLERK_API_URL: clerk.url,
    CLERK_SECRET_KEY: clerk.secretKey,
    CLERK_WEBHOOK_SIGNING_SECRET: clerk.signingSecret,
  })
  await connectOnce(uri)
  await Promise.all([User, Organization, Membership].map((model) => model.init()))
  if ((await User.collection.findOne()) !== null) {
    await mongoose.disconnect()
    await clerk.close()
    throw new Error(`The database ${name} has users already. The demo needs an empty one: name another in MONGODB_URI.`)
  }
  await User.create(localAccount)
  const server = app.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/webhooks/clerk`
  clerk.deliverTo(url)
  printer.line(`Clerk:    a fake one at ${clerk.url}`)
  printer.line(`The app:  POST ${url}`)
  const dashboard = new URL('/dashboard', url).href
  printer.line(`The sync: ${dashboard}`)

  return {
    dashboard,
    play: () => new Play(clerk, url, printer).run(),
    async close({ drop }) {
      await clerk.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      if (drop) await mongoose.connection.dropDatabase()
      await mongoose.disconnect()
    },
  }
}

/** One run of the demo. */
class Play {
  readonly #unexpected: string[] = []
  readonly #deliveries: Delivery[] = []
  #calls = 0
  readonly #started = performance.now()

  constructor(
    private readonly clerk: FakeClerk,
    private readonly url: string,
    private readonly printer: Printer,
  ) {}

  async run(): Promise<boolean> {
    const scenes = day(this.clerk)
    let scene = await scenes.next()
    for (; !scene.done; scene = await scenes.next()) await this.#perform(scene.value)
    const seconds = ((performance.now() - this.#started) / 1000).toFixed(1)
    const { expected, memberships, welcomed } = scene.value
    const stored = await readAll()
    const all = `All ${this.#deliveries.length} deliveries and ${this.#calls} calls went as they must, in ${seconds} s`
    const findings = [
      { claim: all, problems: this.#unexpected },
      ...check(stored, expected, movedAccount),
      ...checkMemberships(stored, memberships),
      checkWelcomes(mailServer.welcomed, welcomed),
      checkLog(await readLog(), this.#deliveries),
    ]
    this.printer.line()
    this.printer.line('What MongoDB holds at the end of the day')
    this.printer.users(stored.users)
    return summarize(findings, this.printer)
  }

  async #perform(scene: Scene): Promise<void> {
    if ('chapter' in scene) return this.printer.chapter(scene.chapter)
    if ('run' in scene) {
      this.#calls++
      const said = await scene.run()
      if (said !== scene.says) this.#unexpected.push(`${scene.story}: ${said}`)
      return this.printer.call(scene, said, await held(scene.shows))
    }
    this.#deliveries.push(scene)
    const answer = await this.#deliver(scene)
    const isRight = answer.status === scene.status && answer.result === scene.result
    if (!isRight) this.#unexpected.push(`${scene.story}: ${answer.status} ${answer.result}`)
    this.printer.delivery(scene, answer, await held(scene.shows))
  }

  /** Sent by the fake Clerk if it is one of its messages. */
  async #deliver(delivery: Delivery): Promise<{ status: number; result: string }> {
    const { messageId } = delivery.message
    mailServer.isAway = delivery.isMailAway ?? false
    const isClerks = this.clerk.events().some((event) => event.messageId === messageId)
    if (!isClerks) return this.#deliverByHand(delivery)
    this.clerk.resend(messageId)
    await this.clerk.settle()
    const attempt = this.clerk.deliveries.at(-1)
    return answerOf(attempt?.status ?? 0, attempt?.response ?? '{}')
  }

  async #deliverByHand({ message, isForged, isExpired }: Delivery): Promise<{ status: number; result: string }> {
    const { headers, body } = signClerkWebhook(message.event, {
      signingSecret: isForged ? newSecret() : this.clerk.signingSecret,
      messageId: message.messageId,
      timestamp: new Date(Date.now() - (isExpired ? 10 * 60_000 : 0)),
    })
    const response = await fetch(this.url, { method: 'POST', headers, body })
    return answerOf(response.status, await response.text())
  }
}

function answerOf(status: number, body: string): { status: number; result: string } {
  const answer = JSON.parse(body) as { outcome?: string; error?: { code: string } }
  return { status, result: answer.outcome ?? answer.error?.code ?? '(nothing)' }
}

async function held(clerkIds: readonly string[]): Promise<string[]> {
  return Promise.all(
    clerkIds.map(async (clerkId) => {
      const { collection } = clerkId.startsWith('orgmem_')
        ? Membership
        : clerkId.startsWith('org_')
          ? Organization
          : User
      return describe((await collection.findOne({ clerkId })) as RawUser | undefined)
    }),
  )
}

/** Read by the driver, so that neither mongoose nor the library changes the result. */
async function readAll(): Promise<Stored> {
  const users: RawUser[] = await User.collection.find().toArray()
  const tombstones: RawUser[] = await User.db.collection('clerk_tombstones').find().toArray()
  const memberships: RawUser[] = await Membership.collection.find().toArray()
  return { users, memberships, tombstones }
}

/** The messages in the delivery log, without the counts of ten minutes beside them. */
const readLog = () =>
  User.db
    .collection('clerk_deliveries')
    .find({ type: { $exists: true } })
    .toArray()

function summarize(findings: readonly Finding[], printer: Printer): boolean {
  const wrong = findings.filter(({ problems }) => problems.length > 0).length
  printer.line()
  printer.line('Checked against what must be there')
  printer.findings(findings)
  printer.line()
  printer.line(wrong === 0 ? `All ${findings.length} checks hold.` : `${wrong} of ${findings.length} checks FAIL.`)
  return wrong === 0
}
