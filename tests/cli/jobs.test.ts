import { type ClerkWebhookEvent, createClerkSync } from 'clerk-mongo-sync'
import { clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { createFakeClerk, type FakeClerk, fixtures } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { uriOf, useDatabase } from '../support/database'
import { runCli, startCli } from './cli'
import { makeProject, type Project } from './project'

const database = useDatabase('cli_jobs')
const stored = () => database.connection.collection('users')

let project: Project
let clerk: FakeClerk
beforeAll(async () => {
  project = await makeProject()
})
afterAll(() => project.remove())
beforeEach(async () => {
  clerk = await createFakeClerk({ rateLimit: false })
})
afterEach(async () => {
  await clerk.close()
  await Promise.all(
    ['users', 'clerk_jobs', 'clerk_deliveries', 'clerk_tombstones', 'clerk_conflicts'].map((name) => empty(name)),
  )
})
const empty = (name: string) => database.connection.collection(name).deleteMany({})

const options = () => ({
  cwd: project.path,
  env: { MONGODB_URI: uriOf('test_cli_jobs'), CLERK_API_URL: clerk.url, CLERK_SECRET_KEY: clerk.secretKey },
})
const cli = (...args: string[]) => runCli(args, options())

describe('backfill', () => {
  it('stores every user, exits although the connection is open, and prints what it did', async () => {
    clerk.seed(20)
    const { code, stdout } = await cli('backfill')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Backfill complete$/m)
    expect(stdout).toMatch(/created +20/)
    expect(await stored().countDocuments({})).toBe(20)
  })

  it('writes nothing with --dry-run', async () => {
    clerk.seed(3)
    const { code, stdout } = await cli('backfill', '--dry-run')
    expect(code).toBe(0)
    expect(stdout).toMatch(/nothing was written[\s\S]*created +3/)
    expect(await stored().countDocuments({})).toBe(0)
  })

  it('takes the resources to store with --only', async () => {
    clerk.seed(2)
    const { code, stdout } = await cli('backfill', '--only', 'users', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ created: 2, complete: true })
    const misspelt = await cli('backfill', '--only', 'users,teams')
    expect(misspelt.code).not.toBe(0)
    expect(misspelt.stderr).toContain('"teams" is none of users, organizations, memberships')
    const unknown = await cli('reconcile', '--only', 'memberships')
    expect(unknown.code).not.toBe(0)
    expect(unknown.stderr).toContain('createClerkSync was not given `memberships`')
  })

  it('stops at --limit and resumes there', async () => {
    clerk.seed(7)
    const first = await cli('backfill', '--limit', '4', '--json')
    expect(JSON.parse(first.stdout)).toMatchObject({ seen: 4, created: 4, complete: false })
    const second = await cli('backfill', '--json')
    expect(JSON.parse(second.stdout)).toMatchObject({ seen: 3, created: 3, complete: true })
  })

  it('reads only changed users with --since', async () => {
    clerk.seed([fixtures.user({ created_at: 1_700_000_000_000, updated_at: 1_700_000_000_000 }), fixtures.user()])
    const { stdout } = await cli('backfill', '--since', '1d', '--json')
    expect(JSON.parse(stdout)).toMatchObject({ seen: 1, complete: true })
  })

  it('exits with 2 and names the users if there are conflicts, never their address', async () => {
    await stored().insertOne({ email: 'ada@example.com', authProvider: 'local' })
    clerk.seed([fixtures.user({ id: 'user_conflicting', email: 'ada@example.com' })])
    const { code, stdout } = await cli('backfill')
    expect(code).toBe(2)
    expect(stdout).toMatch(/^Backfill incomplete: 1 of 1 user was not stored/m)
    expect(stdout).toMatch(/^ +1 user +conflict at email +user_conflicting$/m)
    expect(stdout).toMatch(/linkBy: 'verified-email'[\s\S]*docs\/errors\/conflict\.md/)
    expect(stdout).not.toContain('ada@example.com')
  })

  it('prints one line per cause with a count and three ids', async () => {
    const people = Array.from({ length: 7 }, (_, n) => fixtures.user({ id: `user_${n}`, email: `u${n}@example.com` }))
    await stored().insertMany(people.map((_, n) => ({ email: `u${n}@example.com`, authProvider: 'local' })))
    clerk.seed(people)
    const { code, stdout } = await cli('backfill')
    expect(code).toBe(2)
    expect(stdout).toMatch(/7 users +conflict at email +user_\d, user_\d, user_\d, …\n/)
    expect(stdout.match(/user_\d/g)).toHaveLength(3)
    const { causes } = JSON.parse((await cli('backfill', '--json')).stdout)
    expect(causes).toMatchObject([{ code: 'conflict', path: 'email', count: 7 }])
    const mended = await cli('reconcile', '--apply')
    expect(mended.stdout.match(/conflict at email/g)).toHaveLength(1)
  })

  it('stops after the current page at Ctrl-C, and prints how to resume', { timeout: 60_000 }, async () => {
    clerk.seed(501)
    const running = await startCli(['backfill'], options())
    // The next page is requested while the first is written.
    const asked = () => clerk.requests.filter(({ path }) => path === '/users').length
    while (asked() < 2) await new Promise((resolve) => setTimeout(resolve, 5))
    running.child.kill('SIGINT')
    const { code, stdout, stderr } = await running.ended
    expect({ code, stored: await stored().countDocuments({}) }).toEqual({ code: 130, stored: 500 })
    expect(stderr).toContain('Run the same command to continue')
    expect(stdout).toContain('Backfill incomplete')
    expect(JSON.parse((await cli('backfill', '--json')).stdout)).toMatchObject({ seen: 1, complete: true })
  })

  it('explains what is wrong with the key', async () => {
    const { env, cwd } = options()
    const { code, stderr } = await runCli(['backfill'], { cwd, env: { ...env, CLERK_SECRET_KEY: 'sk_test_wrong' } })
    expect(code).toBe(1)
    expect(stderr).toContain('(clerk_key_invalid)')
    expect(stderr).not.toContain('sk_test_wrong')
  })
})

describe('reconcile', () => {
  it('exits with 0 in step, 2 with drift, and 0 again after it is corrected', async () => {
    clerk.seed(5)
    expect(await cli('reconcile')).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('5 users: in Clerk, not in MongoDB'),
    })
    expect(await stored().countDocuments({})).toBe(0)
    const mended = await cli('reconcile', '--apply')
    expect(mended).toMatchObject({ code: 0, stdout: expect.stringContaining('After the repair: 5 of 5 users in step') })
    expect(await cli('reconcile')).toMatchObject({ code: 0, stdout: expect.stringContaining('5 of 5 users in step') })
  })

  it('exits with 2 after --apply if users are left that --revive restores', async () => {
    const [user] = clerk.seed(1)
    const id = user?.id as string
    await cli('backfill')
    await stored().updateOne({ clerkId: id }, { $set: { clerkDeletedAt: new Date(), syncStatus: 'error' } })
    const { code, stdout } = await cli('reconcile', '--apply', '--json')
    expect(code).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({
      complete: true,
      after: { drift: { deletedHere: 1 }, examples: { deletedHere: [id] } },
    })
    expect(await cli('reconcile', '--revive', id)).toMatchObject({ code: 0 })
    expect(await stored().findOne({ clerkId: id })).not.toHaveProperty('clerkDeletedAt')
  })

  it('exits with 2 if --revive names a user that Clerk does not have', async () => {
    const revived = await cli('reconcile', '--revive', 'user_nobody')
    expect(revived).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('The store has no deleted user with this id'),
    })
  })

  it('restores nothing the second time', async () => {
    const [user] = clerk.seed(1)
    const id = user?.id as string
    await cli('backfill')
    await stored().updateOne({ clerkId: id }, { $set: { clerkDeletedAt: new Date(), syncStatus: 'error' } })
    expect(await cli('reconcile', '--revive', id)).toMatchObject({
      stdout: expect.stringContaining('Repaired\n  1 user'),
    })
    const again = await cli('reconcile', '--revive', id)
    expect(again).toMatchObject({ code: 0, stdout: expect.stringContaining('Repaired: nothing') })
  })

  it('compares only the given users', async () => {
    const [first] = clerk.seed(3)
    const { stdout } = await cli('reconcile', '--users', first?.id as string, '--json')
    expect(JSON.parse(stdout)).toMatchObject({ mode: 'users', checked: 1, drift: { missing: 1 } })
  })

  it('exits with 2 if a given user is on neither side', async () => {
    const misspelt = await cli('reconcile', '--users', 'user_misspelt')
    expect(misspelt).toMatchObject({
      code: 2,
      stdout: expect.stringMatching(/Neither in Clerk nor in MongoDB.*\n.*user_misspelt/),
    })
  })

  it('prints what it waits for if Clerk does not answer', { timeout: 60_000 }, async () => {
    const { cwd, env } = options()
    const { child, ended } = await startCli(['reconcile'], {
      cwd,
      env: { ...env, CLERK_API_URL: 'http://127.0.0.1:1' },
    })
    let told = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      told += chunk
      if (told.includes('waiting for Clerk')) child.kill('SIGINT')
    })
    await ended
    expect(told).toMatch(/^waiting for Clerk or MongoDB for \d+ s$/m)
  })
})

describe('status', () => {
  it('prints the number of users, jobs and deliveries', async () => {
    clerk.seed(3)
    await cli('backfill')
    const { code, stdout } = await cli('status')
    expect(code).toBe(0)
    expect(stdout).toMatch(/active +3/)
    expect(stdout).toMatch(/backfill +ended \d{4}-/)
    expect(stdout).toMatch(/^3 users in step with Clerk\. No delivery in the last day\.$/m)
    expect(stdout).toMatch(/last week +0/)
  })

  it('prints a line again and again with --watch, and ends with 0 at Ctrl-C', async () => {
    clerk.seed(2)
    await cli('backfill')
    const running = await startCli(['status', '--watch', '1'], options())
    await running.printed(/2 users in step[\s\S]*2 users in step/)
    running.child.kill('SIGINT')
    const { code, stdout } = await running.ended
    expect(code).toBe(0)
    for (const line of stdout.trimEnd().split('\n').slice(1))
      expect(line).toMatch(/^\d{4}-\S+Z 2 users in step with Clerk|^$/)
  })

  it('names users with errors and their cause without a delivery log, until they are corrected', async () => {
    const plain = await makeProject({
      'src/lib/clerk-sync.ts': `import { User } from '@/models/user'
import { createClerkSync } from 'clerk-mongo-sync'
import { connectOnce } from 'clerk-mongo-sync/mongoose'
export const clerkSync = createClerkSync({ users: User, logger: false, connect: () => connectOnce(process.env.MONGODB_URI!) })
`,
    })
    const run = (...args: string[]) => runCli(args, { ...options(), cwd: plain.path })
    const people = Array.from({ length: 12 }, (_, n) => {
      const id = `user_${String(n).padStart(2, '0')}`
      return fixtures.user({ id, email: `u${n}@example.com`, updated_at: 1_700_000_000_000 })
    })
    clerk.seed(people)
    await run('backfill')
    const moved = people.map(({ id }) => ({ email: `new.${id}@example.com`, authProvider: 'local' }))
    const locals = await stored().insertMany(moved)
    for (const person of people) {
      const email_addresses = (person.email_addresses ?? []).map((one) => ({
        ...one,
        email_address: `new.${person.id}@example.com`,
      }))
      clerk.users.delete(person.id)
      clerk.seed([{ ...person, email_addresses, updated_at: 1_700_000_009_000 }])
    }
    await run('reconcile', '--apply')
    const { stdout } = await run('status')
    expect(stdout).toMatch(/error +12/)
    expect(stdout).toMatch(/^ +user_00 +conflict at email: another document has this value/m)
    expect(stdout.match(/user_\d\d +conflict/g)).toHaveLength(10)
    expect(stdout).toContain('and 2 more')
    expect(stdout).toContain('docs/errors/conflict.md')
    expect(stdout).not.toContain('replay --failed')
    expect(stdout).not.toContain('@example.com')
    // Follows the remedy: change the value, then run the printed command.
    await stored().deleteMany({ _id: { $in: Object.values(locals.insertedIds) } })
    expect(stdout).toContain('clerk-mongo-sync reconcile --apply')
    // One user was also corrected by hand.
    await stored().updateOne({ clerkId: 'user_00' }, { $set: { email: 'new.user_00@example.com' } })
    const mended = await run('reconcile', '--apply')
    expect(mended).toMatchObject({ code: 0 })
    expect((await run('status')).stdout).toMatch(/error +0/)
    expect(await stored().countDocuments({ syncErrorPath: { $exists: true } })).toBe(0)
    await plain.remove()
  })

  it('lists users that could not be stored, like reconcile, and exits with 2', async () => {
    const user = fixtures.user({ id: 'user_nowhere', email: 'ada@example.com' })
    clerk.seed([user])
    const local = await stored().insertOne({ email: 'ada@example.com', authProvider: 'local' })
    await cli('backfill')
    const cause = /^ +1 user +conflict at email +user_nowhere\n.*linkBy: 'verified-email'/m
    for (const command of ['status', 'reconcile']) {
      const { code, stdout } = await cli(command)
      expect(stdout).toMatch(cause)
      expect(stdout).not.toContain('ada@example.com')
      expect(code).toBe(2)
      const json = await cli(command, '--json')
      expect(JSON.parse(json.stdout)).toMatchObject({
        ok: false,
        unstored: { count: 1, failures: [{ clerkId: 'user_nowhere', code: 'conflict', path: 'email' }] },
      })
    }
    await stored().deleteOne({ _id: local.insertedId })
    await cli('reconcile', '--apply')
    const ended = await cli('status')
    expect(ended).toMatchObject({ code: 0, stdout: expect.not.stringContaining('user_nowhere') })
  })

  it('is JSON with --json', async () => {
    const { stdout } = await cli('status', '--json')
    expect(JSON.parse(stdout)).toMatchObject({ users: { active: 0, local: 0 }, deliveries: { failed: [] } })
  })
})

describe('replay --failed', () => {
  it('sets the users of failed deliveries to what Clerk has now', async () => {
    const user = clerk.seed([fixtures.user({ id: 'user_failed', first_name: 'Now' })])[0]
    await logFailure(fixtures.userCreated(fixtures.user({ id: 'user_failed', first_name: 'Then' })))
    const dry = await cli('replay', '--failed', '--dry-run')
    expect(dry).toMatchObject({ code: 2, stdout: expect.stringContaining('user_failed') })
    expect(dry.stdout).toMatch(/user_failed +failing +hook_failed +once .*a hook of the app threw/)
    expect(await stored().countDocuments({})).toBe(0)
    const { stdout } = await cli('replay', '--failed', '--since', '1d', '--json')
    expect(JSON.parse(stdout)).toMatchObject({ users: ['user_failed'], report: { repaired: { missing: 1 } } })
    expect(await stored().findOne({ clerkId: user?.id })).toMatchObject({ firstName: 'Now' })
  })

  it('drops a conflict that is resolved, and reports that the next time', async () => {
    const user = fixtures.user({ id: 'user_conflicting', email: 'ada@example.com' })
    clerk.seed([user])
    const local = await stored().insertOne({ email: 'ada@example.com', authProvider: 'local' })
    await logConflict(fixtures.userCreated(user))
    const status = await cli('status')
    expect(status.stdout).toMatch(/user_conflicting +conflict +conflict +once/)
    expect(status.stdout).not.toContain('replay --failed')
    const { code, stdout } = await cli('replay', '--failed')
    expect(code).toBe(2)
    expect(stdout).toMatch(/Repaired: nothing[\s\S]*conflict at email +user_conflicting[\s\S]*linkBy: 'verified-email'/)
    await stored().deleteOne({ _id: local.insertedId })
    expect(await cli('replay', '--failed')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('1 of 1 user in step'),
    })
    expect(await cli('replay', '--failed')).toMatchObject({ stdout: expect.stringContaining('No failed delivery') })
  })

  it('exits with 2 if a hook is pending that only its own message can run', async () => {
    clerk.seed([fixtures.user({ id: 'user_failed' })])
    await logFailure(fixtures.userCreated(fixtures.user({ id: 'user_failed' })))
    const { code, stdout } = await cli('replay', '--failed')
    expect(code).toBe(2)
    expect(stdout).toMatch(/1 hook still pending.*\n +msg_failed/)
  })

  it('sets organizations and memberships of failed deliveries to what Clerk has now', async () => {
    const other = await makeProject({ 'src/lib/clerk-sync.ts': withOrganizations })
    const ada = clerk.users.create({ email_address: 'ada@example.com' })
    const { id } = clerk.organizations.create({ name: 'Engines', created_by: ada.id })
    const data = { id: 'orgmem_failed', organization: { id }, public_user_data: { user_id: 'user_1' } }
    await logFailureOf({ type: 'organizationMembership.created', data })
    const run = (...args: string[]) => runCli(args, { ...options(), cwd: other.path })
    const dry = await run('replay', '--failed', '--dry-run')
    expect(dry.stdout).toContain('1 failed or in conflict, of 0 users and some memberships')
    const { stdout } = await run('replay', '--failed', '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      only: ['memberships'],
      report: { memberships: { repaired: { missing: 1 } } },
    })
    expect(await database.connection.collection('memberships').findOne({})).toMatchObject({ userId: ada.id })
    await database.connection.collection('memberships').deleteMany({})
    await other.remove()
  })

  it('has no users to replay if nothing failed', async () => {
    expect(await cli('replay', '--failed')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('No failed delivery'),
    })
  })
})

/** A delivery with the address of another user, stored in the app's collection. */
async function logConflict(event: ReturnType<typeof fixtures.userCreated>): Promise<void> {
  const schema = new Schema({ email: { type: String, unique: true } }, { collection: 'users' })
  const users = clerkModel('Conflicting', schema.plugin(clerkSyncPlugin), database.connection)
  await createClerkSync({ users, deliveries: true }).sync(event, { messageId: 'msg_conflict' })
}

/** A delivery whose hook fails. It is in the delivery log of the app's database; its document is in another collection. */
async function logFailure(event: ReturnType<typeof fixtures.userCreated>): Promise<void> {
  await logFailureOf(event)
}

const withOrganizations = `import { User } from '@/models/user'
import { createClerkSync } from 'clerk-mongo-sync'
import { clerkMembershipModel, clerkMembershipPlugin, connectOnce } from 'clerk-mongo-sync/mongoose'
import mongoose from 'mongoose'

const memberships = clerkMembershipModel('Membership', new mongoose.Schema({}).plugin(clerkMembershipPlugin))
export const clerkSync = createClerkSync({ users: User, memberships, deliveries: true, connect: () => connectOnce(process.env.MONGODB_URI!) })
`

async function logFailureOf(event: ClerkWebhookEvent): Promise<void> {
  const users = await database.users()
  const failing = createClerkSync({
    users,
    deliveries: true,
    on: { [event.type]: () => Promise.reject(new Error()) },
  })
  await failing.sync(event, { messageId: 'msg_failed' }).catch(() => {})
}
