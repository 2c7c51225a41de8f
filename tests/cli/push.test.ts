import { createFakeClerk, type FakeClerk, fixtures } from 'clerk-mongo-sync/testing'
import { Types } from 'mongoose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { uriOf, useDatabase } from '../support/database'
import { runCli, startCli } from './cli'
import { makeProject, type Project } from './project'

vi.setConfig({ testTimeout: 60_000 })
const database = useDatabase('cli_push')
const stored = () => database.connection.collection('users')
const model = `import { clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import mongoose from 'mongoose'

const userSchema = new mongoose.Schema({ email: { type: String, unique: true, sparse: true }, plan: String })
userSchema.plugin(clerkSyncPlugin, { push: { publicMetadata: ['plan'], externalId: '_id' } })
export const User = clerkModel('User', userSchema)
`

const clerkSyncOf = (organizations: string) => `import { User } from '@/models/user'
${organizations && "import { Team } from '@/models/team'"}
import { createClerkSync } from 'clerk-mongo-sync'
import { connectOnce } from 'clerk-mongo-sync/mongoose'

export const clerkSync = createClerkSync({ users: User, ${organizations} connect: () => connectOnce(process.env.MONGODB_URI!) })
`
const withOrganizations = {
  'src/lib/clerk-sync.ts': clerkSyncOf('organizations: Team,'),
  'src/models/team.ts': `import { clerkOrganizationModel, clerkOrganizationPlugin } from 'clerk-mongo-sync/mongoose'
import mongoose from 'mongoose'

const teamSchema = new mongoose.Schema({ city: String })
teamSchema.plugin(clerkOrganizationPlugin, { push: { profile: ['name'] } })
export const Team = clerkOrganizationModel('Team', teamSchema)
`,
}

let project: Project
let clerk: FakeClerk
beforeAll(async () => {
  project = await makeProject({ 'src/models/user.ts': model })
})
afterAll(() => project.remove())
beforeEach(async () => {
  clerk = await createFakeClerk({ rateLimit: false })
})
afterEach(async () => {
  await clerk.close()
  await stored().deleteMany({})
})

const options = () => ({
  cwd: project.path,
  env: { MONGODB_URI: uriOf('test_cli_push'), CLERK_API_URL: clerk.url, CLERK_SECRET_KEY: clerk.secretKey },
})
const cli = (...args: string[]) => runCli(['push', ...args], options())
const mark = (age = 0) =>
  `a${(Date.now() - age).toString(16).padStart(12, '0')}.${crypto.randomUUID().replaceAll('-', '')}.0`
const planOf = (id: string) => clerk.users.get(id)?.public_metadata.plan

/** Users that differ from Clerk only in a plan that was changed in MongoDB. */
async function changedUsers(count: number, changes: object = { plan: 'pro' }): Promise<string[]> {
  const made = Array.from({ length: count }, () => {
    const _id = new Types.ObjectId()
    const user = fixtures.user({ external_id: String(_id), public_metadata: {} })
    clerk.seed([user])
    const state = { authProvider: 'clerk', syncStatus: 'pending', clerkPushToken: mark(), clerkUpdatedAt: new Date() }
    return { _id, clerkId: user.id, ...state, ...changes }
  })
  await stored().insertMany(made as never)
  return made.map(({ clerkId }) => clerkId)
}

describe('push', () => {
  it('pushes what is due to Clerk, exits, and prints what it did', async () => {
    const ids = await changedUsers(3)
    const { code, stdout } = await cli()
    expect(code).toBe(0)
    expect(stdout).toMatch(/^Pushed$/m)
    expect(stdout).toMatch(/pushed +3[\s\S]*pending +0/)
    expect(ids.map(planOf)).toEqual(['pro', 'pro', 'pro'])
  })

  it('sends nothing with --dry-run, and exits with 2 if something is due and with 0 otherwise', async () => {
    expect(await cli('--dry-run')).toMatchObject({ code: 0 })
    await changedUsers(2)
    const { code, stdout } = await cli('--dry-run', '--json')
    expect(code).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({ dryRun: true, pushed: 0, pending: 2 })
    expect(clerk.requests).toEqual([])
  })

  it('explains how other changes are found if none is due', async () => {
    const hint = 'No change is due. clerk-mongo-sync push --compare also finds'
    expect((await cli()).stdout).toContain(hint)
    expect((await cli('--compare')).stdout).not.toContain(hint)
    await changedUsers(1)
    expect((await cli()).stdout).not.toContain(hint)
  })

  it('stops at --limit', async () => {
    await changedUsers(3)
    expect(JSON.parse((await cli('--limit', '1', '--json')).stdout)).toMatchObject({ pushed: 1, pending: 2 })
  })

  it('finds with --compare changes that bypassed mongoose', async () => {
    const [id = ''] = await changedUsers(3)
    await cli()
    await stored().updateOne({ clerkId: id }, { $set: { plan: 'team' } })
    expect(JSON.parse((await cli('--compare', '--dry-run', '--json')).stdout)).toMatchObject({ found: 1, compared: 3 })
    expect(JSON.parse((await cli('--compare', '--json')).stdout)).toMatchObject({ found: 1, pushed: 1 })
    expect(planOf(id)).toBe('team')
  })

  it('exits with 1 if a push failed, and names the user and the cause', async () => {
    const [id = ''] = await changedUsers(1, { plan: 'x'.repeat(9_000) })
    const { code, stdout } = await cli()
    expect(code).toBe(1)
    expect(stdout).toMatch(new RegExp(`${id}[\\s\\S]*8192`))
  })

  it('pushes organizations beside users, and counts both', async () => {
    await project.write(withOrganizations)
    onTestFinished(() => project.write({ 'src/lib/clerk-sync.ts': clerkSyncOf('') }))
    const organization = clerk.organizations.create({ name: 'Acme' })
    const state = { syncStatus: 'pending', clerkPushToken: mark(), clerkUpdatedAt: new Date() }
    const teams = database.connection.collection('teams')
    await teams.insertOne({ clerkId: organization.id, name: 'Acme Corp', ...state })
    onTestFinished(async () => void (await teams.deleteMany({})))
    await changedUsers(2)
    const dry = (await cli('--compare', '--dry-run')).stdout
    expect(dry).toContain(`name: overwritten in Clerk for 1, such as ${organization.id}`)
    const { code, stdout } = await cli()
    expect(code).toBe(0)
    expect(stdout).toMatch(/pushed +3/)
    expect(stdout).toMatch(/users: 2 pushed, .* 0 pending\n +organizations: 1 pushed, .* 0 pending/)
    expect(clerk.organizations.get(organization.id)?.name).toBe('Acme Corp')
  })

  it('explains what is wrong with the key', async () => {
    await changedUsers(1)
    const { env, cwd } = options()
    const { code, stderr } = await runCli(['push'], { cwd, env: { ...env, CLERK_SECRET_KEY: 'sk_test_wrong' } })
    expect(code).toBe(1)
    expect(stderr).toContain('(clerk_key_invalid)')
    expect(stderr).not.toContain('sk_test_wrong')
  })

  it('explains itself with --help, and refuses flags that exclude each other', async () => {
    const help = await cli('--help')
    expect(help.code).toBe(0)
    for (const flag of ['--limit', '--compare', '--watch', '--register', '--dry-run', '--json']) {
      expect(help.stdout).toContain(flag)
    }
    expect((await cli('--watch', '--dry-run')).code).toBe(64)
    expect((await cli('--skip-password-requirement')).code).toBe(64)
    expect((await cli('--limit', '0')).code).toBe(64)
  })
})

describe('push --watch', () => {
  it('pushes changes as they are made, and leaves no claim after Ctrl-C', async () => {
    const [id = '', other = ''] = await changedUsers(2)
    const running = await startCli(['push', '--watch', '--json'], options())
    await running.printed(/Press Ctrl-C to stop/)
    expect([planOf(id), planOf(other)]).toEqual(['pro', 'pro'])
    await stored().updateOne({ clerkId: id }, { $set: { plan: 'team', clerkPushToken: mark() } })
    while (planOf(id) !== 'team') await new Promise((resolve) => setTimeout(resolve, 20))
    running.child.kill('SIGINT')
    const { code, stdout } = await running.ended
    expect(code).toBe(130)
    expect(JSON.parse(stdout)).toMatchObject({ pushed: 3, failed: 0 })
    expect(await stored().countDocuments({ clerkPushLease: { $exists: true } })).toBe(0)
  })

  it('exits at once if the key is refused', async () => {
    await changedUsers(1)
    const { env, cwd } = options()
    const wrong = { cwd, env: { ...env, CLERK_SECRET_KEY: 'sk_test_wrong' } }
    expect(await runCli(['push', '--watch'], wrong)).toMatchObject({ code: 1 })
  })
})

describe('push --register', () => {
  beforeEach(async () => {
    const people = Array.from({ length: 4 }, (_, i) => ({
      email: `p${i}@example.com`,
      authProvider: 'local',
      plan: 'pro',
    }))
    await stored().insertMany(people)
  })

  it('creates a Clerk user for every local account, then has nothing to do', async () => {
    const { code, stdout } = await cli('--register')
    expect(code).toBe(0)
    expect(stdout).toMatch(/registered +4/)
    expect([...clerk.users.values()].map(({ public_metadata }) => public_metadata.plan)).toEqual(Array(4).fill('pro'))
    expect(await stored().countDocuments({ clerkId: { $gt: '' } })).toBe(4)
    expect(JSON.parse((await cli('--register', '--json')).stdout)).toMatchObject({ seen: 0, registered: 0 })
  })

  it('creates no user with --dry-run', async () => {
    const { code, stdout } = await cli('--register', '--dry-run')
    expect(code).toBe(0)
    expect(stdout).toMatch(/no user was created[\s\S]*registered +4 +would be/)
    expect(clerk.users.size).toBe(0)
  })

  it('continues after a refusal, exits with 1, and never prints the address', async () => {
    clerk.users.create({ email_address: 'p1@example.com' })
    const { code, stdout, stderr } = await cli('--register')
    expect(code).toBe(1)
    expect(stdout).toMatch(/registered +3[\s\S]*failed +1/)
    expect(stdout + stderr).toContain('form_identifier_exists')
    expect(stdout + stderr).not.toContain('p1@example.com')
  })
})
