import { cp, mkdir, realpath, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createClerkSync, type Finding } from 'clerk-mongo-sync'
import { toExpressHandler } from 'clerk-mongo-sync/express'
import { createFakeClerk, createMemoryStore } from 'clerk-mongo-sync/testing'
import express, { type RequestHandler } from 'express'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { uriOf, useDatabase } from '../support/database'
import { type Served, serve } from '../support/serve'
import { builtPackage } from './built-package'
import { runCli } from './cli'
import { makeProject, type Project } from './project'

const db = useDatabase('cli_doctor')
const signingSecret = `whsec_${btoa('a secret for the tests of doctor')}`

let clerk: Awaited<ReturnType<typeof createFakeClerk>>
let project: Project
let served: Served | undefined
beforeAll(async () => {
  clerk = await createFakeClerk()
})
afterAll(() => clerk.close())
beforeEach(async () => {
  await db.connection.dropDatabase()
  project = await makeProject()
})
afterEach(async () => {
  await project.remove()
  await served?.close()
  served = undefined
})

const rightEnv = () => ({
  MONGODB_URI: uriOf('test_cli_doctor'),
  CLERK_WEBHOOK_SIGNING_SECRET: signingSecret,
  CLERK_SECRET_KEY: clerk.secretKey,
  CLERK_API_URL: clerk.url,
})

interface Diagnosis {
  code: number | null
  of(check: string): Finding[]
  findings: Finding[]
}

async function doctor(args: string[] = [], env: Record<string, string> = {}): Promise<Diagnosis> {
  const result = await runCli(['doctor', '--json', ...args], { cwd: project.path, env: { ...rightEnv(), ...env } })
  const { findings, ok } = JSON.parse(result.stdout) as { findings: Finding[]; ok: boolean }
  expect(ok).toBe(result.code === 0)
  return { code: result.code, findings, of: (check) => findings.filter((finding) => finding.check === check) }
}

/** A real app with our handler behind the given middleware. */
async function app(...inFront: RequestHandler[]): Promise<string> {
  const clerkSync = createClerkSync({ users: createMemoryStore(), signingSecret })
  const server = express()
  for (const handler of inFront) server.use(handler)
  server.post('/api/webhooks/clerk', toExpressHandler(clerkSync))
  served = await serve(server)
  return `${served.url}/api/webhooks/clerk`
}

const answer =
  (status: number, headers: Record<string, string> = {}): RequestHandler =>
  (_request, response) =>
    void response.set(headers).status(status).end()

describe('doctor', () => {
  it('finds no problem in a correct app, and changes nothing in it', async () => {
    const { code, findings } = await doctor(['--url', await app()])
    expect(findings.filter(({ verdict }) => verdict !== 'ok')).toEqual([])
    expect(code).toBe(0)
    const checks = [
      'node',
      'mongoose',
      'package',
      'config',
      'signing_secret',
      'database',
      'id_index',
      'clerk_key',
      'route',
      'forgery',
    ]
    expect(findings.map(({ check }) => check)).toEqual(expect.arrayContaining(checks))
  })

  it('prints a line per check with the remedy below, without colours if there is no terminal', async () => {
    const { MONGODB_URI } = rightEnv()
    const { code, stdout } = await runCli(['doctor'], { cwd: project.path, env: { MONGODB_URI } })
    expect(code).toBe(2)
    expect(stdout).toMatch(/^✓ mongoose \d/m)
    expect(stdout).toMatch(/^✗ No signing secret.*\n {4}→ Copy it/m)
    expect(stdout).toContain('1 problem, 1 warning.')
    expect(stdout).not.toContain('\x1b')
  })

  it('never prints a secret', async () => {
    const env = { CLERK_SECRET_KEY: 'sk_test_hunter2hunter2', CLERK_WEBHOOK_SIGNING_SECRET: 'whsec_hunter2 ' }
    const { findings } = await doctor([], env)
    expect(JSON.stringify(findings)).not.toContain('hunter2')
  })

  it('has a help text with examples', async () => {
    const { stdout } = await runCli(['doctor', '--help'], { cwd: project.path })
    expect(stdout).toContain('clerk-mongo-sync doctor --fix')
  })

  it('reports a wrong address as a usage error', async () => {
    expect(await runCli(['doctor', '--url', 'localhost'], { cwd: project.path })).toMatchObject({ code: 64 })
  })
})

describe('the config check of doctor', () => {
  it('reports what to create if there is none, and the other checks run', async () => {
    await rm(join(project.path, 'clerk-sync.config.ts'))
    const { code, of } = await doctor(['--url', await app()])
    expect(code).toBe(2)
    expect(of('config')).toMatchObject([
      { verdict: 'problem', message: expect.stringContaining('export default clerkSync') },
    ])
    expect(of('route')).toMatchObject([{ verdict: 'ok' }])
  })

  it('reports why it does not load', async () => {
    await project.write({
      'clerk-sync.config.ts': "import { clerkSync } from './src/lib/nowhere'\nexport default clerkSync\n",
    })
    const { code, of } = await doctor()
    expect(code).toBe(2)
    expect(of('config')).toMatchObject([{ verdict: 'problem', message: expect.stringContaining('nowhere') }])
  })

  it('reads the environment from .env.local', async () => {
    const { CLERK_WEBHOOK_SIGNING_SECRET, ...rest } = rightEnv()
    await project.write({ '.env.local': `CLERK_WEBHOOK_SIGNING_SECRET=${CLERK_WEBHOOK_SIGNING_SECRET}\n` })
    const { stdout } = await runCli(['doctor', '--json'], { cwd: project.path, env: rest })
    expect(JSON.parse(stdout).findings).toContainEqual(
      expect.objectContaining({ check: 'signing_secret', verdict: 'ok' }),
    )
  })

  it('builds a missing index with --fix', async () => {
    const sync = `import { clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { createClerkSync } from 'clerk-mongo-sync'
import mongoose from 'mongoose'
const schema = new mongoose.Schema({ email: String }, { autoIndex: false })
schema.plugin(clerkSyncPlugin)
export const clerkSync = createClerkSync({
  users: clerkModel('Unindexed', schema),
  connect: () => mongoose.connect(process.env.MONGODB_URI!),
})
`
    await project.write({ 'src/lib/clerk-sync.ts': sync })
    expect((await doctor()).of('id_index')).toMatchObject([{ verdict: 'problem' }])
    expect((await doctor(['--fix'])).of('id_index')).toMatchObject([{ verdict: 'ok', isFixed: true }])
    expect((await doctor()).of('id_index')).toMatchObject([{ verdict: 'ok' }])
  })

  it('finds with --probe what only a real write can show, and leaves no document', async () => {
    const sync = `import { clerkModel, clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { createClerkSync } from 'clerk-mongo-sync'
import mongoose from 'mongoose'
const schema = new mongoose.Schema({ email: String }, { collection: 'probed' })
schema.pre('updateOne', () => { throw new Error('the search service is away') })
schema.plugin(clerkSyncPlugin)
export const clerkSync = createClerkSync({
  users: clerkModel('Probed', schema),
  connect: () => mongoose.connect(process.env.MONGODB_URI!),
})
`
    expect((await doctor(['--probe'])).of('rules')).toMatchObject([{ verdict: 'ok' }])
    await project.write({ 'src/lib/clerk-sync.ts': sync })
    expect((await doctor()).of('probe')).toEqual([])
    const { code, of } = await doctor(['--probe'])
    expect(code).toBe(2)
    expect(of('probe')).toContainEqual(
      expect.objectContaining({ verdict: 'problem', message: expect.stringContaining('middleware (updateOne)') }),
    )
    const kept = await Promise.all(['users', 'probed'].map((name) => db.connection.collection(name).countDocuments()))
    expect(kept).toEqual([0, 0])
  })
})

describe('the route check of doctor', () => {
  it('is skipped if nothing listens at the default address', async () => {
    const { code, of } = await doctor()
    expect(of('route')).toMatchObject([{ verdict: 'skipped', remedy: expect.stringContaining('Start the app') }])
    expect(code).toBe(0)
  })

  it('reports a problem if nothing listens at a given address', async () => {
    const { code, of } = await doctor(['--url', 'http://127.0.0.1:1/api'])
    expect(of('route')).toMatchObject([{ verdict: 'problem' }])
    expect(code).toBe(2)
  })

  it.each([
    ['a login wall', answer(401), '401', 'clerkMiddleware'],
    ["a login wall of Clerk's", answer(404), '404', 'auth.protect()'],
    ['a route without POST', answer(405), '405', 'export POST'],
    ['a redirect', answer(308, { location: '/api/webhooks/clerk/' }), '308', 'redirect'],
    ['a temporary redirect', answer(307, { location: '/sign-in' }), '307', '/sign-in'],
    ['a failing app', answer(500), '500', 'log'],
    ['a handler that is not ours', answer(200), '200', 'not by this library'],
    ['a parser in front of it', express.json(), '500', 'before express.json()'],
  ])('explains %s', async (_what, inFront, status, remedy) => {
    const { code, of } = await doctor(['--url', await app(inFront)])
    expect(of('route')).toMatchObject([
      { verdict: 'problem', message: expect.stringContaining(status), remedy: expect.stringContaining(remedy) },
    ])
    expect(code).toBe(2)
  })

  it('explains that the app has another secret', async () => {
    const { of } = await doctor(['--url', await app(), '--secret', `whsec_${btoa('quite another secret')}`])
    expect(of('route')).toMatchObject([{ verdict: 'problem', remedy: expect.stringContaining('different secrets') }])
  })

  it('finds an endpoint that accepts forged deliveries', async () => {
    const { code, of } = await doctor([
      '--url',
      await app((_request, response) => void response.json({ outcome: 'ignored' })),
    ])
    expect(of('forgery')).toMatchObject([{ verdict: 'problem' }])
    expect(code).toBe(2)
  })

  it('accepts the secret if the app took a delivery signed with it', async () => {
    const args = ['--url', await app(), '--secret', signingSecret]
    const { code, of } = await doctor(args, { CLERK_WEBHOOK_SIGNING_SECRET: '' })
    expect(of('route')).toMatchObject([{ verdict: 'ok' }])
    expect(of('signing_secret')).toMatchObject([{ verdict: 'warning' }])
    expect(code).toBe(0)
  })

  it('reports no login wall if the route accepted a delivery', async () => {
    const proxy =
      "import { clerkMiddleware } from '@clerk/nextjs/server'\nexport default clerkMiddleware(async (auth) => { await auth.protect() })\n"
    await project.write({ 'src/proxy.ts': proxy })
    expect((await doctor(['--url', await app()])).of('middleware')).toEqual([])
  })

  it('does not report a package as missing that the config has loaded', async () => {
    const mongoose = join(project.path, 'node_modules/mongoose')
    await mkdir(join(project.path, 'src/node_modules'))
    await symlink(await realpath(mongoose), join(project.path, 'src/node_modules/mongoose'))
    await rm(mongoose, { recursive: true, force: true })
    const { of } = await doctor()
    expect(of('config')).toMatchObject([{ verdict: 'ok' }])
    expect(of('mongoose')).toMatchObject([{ verdict: 'skipped', docs: expect.stringContaining('mongoose.md') }])
  })

  it('does not report success if a check was skipped', async () => {
    const { stdout, code } = await runCli(['doctor'], { cwd: project.path, env: rightEnv() })
    expect(code).toBe(0)
    expect(stdout).toMatch(/No problems found; 1 check skipped/)
  })

  it('is skipped if there is no secret to sign with', async () => {
    const { of } = await doctor(['--url', await app()], { CLERK_WEBHOOK_SIGNING_SECRET: '' })
    expect(of('route')).toMatchObject([{ verdict: 'skipped' }])
    expect(of('signing_secret')).toMatchObject([{ verdict: 'problem' }])
  })
})

describe('the project check of doctor', () => {
  const withSdk = JSON.stringify({ name: 'app', dependencies: { '@clerk/nextjs': '7', next: '16' } })
  const key = (kind: string) => `pk_${kind}_${btoa('clerk.example.com$')}`

  it.each([
    ['missing', '', 'warning', 'is not set'],
    ['cut', key('test').slice(0, 20), 'problem', 'not a complete publishable key'],
    ['of the other kind of instance', key('live'), 'problem', 'CLERK_SECRET_KEY to a test one'],
    ['right', key('test'), 'ok', 'clerk.example.com'],
  ])('judges a publishable key that is %s', async (_what, value, verdict, said) => {
    await project.write({ 'package.json': withSdk })
    const { of } = await doctor([], { NEXT_PUBLIC_CLERK_PUBLISHABLE_KEY: value })
    expect(of('publishable_key')).toMatchObject([{ verdict, message: expect.stringContaining(said) }])
  })

  it('needs no publishable key if no Clerk SDK is used', async () => {
    expect((await doctor()).of('publishable_key')).toEqual([])
  })

  /** Replaces an installed package with only a package.json of this version. */
  async function install(name: string, version: string): Promise<void> {
    const folder = join(project.path, 'node_modules', name)
    await rm(folder, { recursive: true, force: true })
    await mkdir(folder, { recursive: true })
    await writeFile(join(folder, 'package.json'), JSON.stringify({ name, version }))
  }

  it('finds a mongoose that is too old', async () => {
    await install('mongoose', '8.12.2')
    const { of } = await doctor()
    expect(of('mongoose')).toMatchObject([{ verdict: 'problem', message: expect.stringContaining('8.12.2') }])
  })

  it('finds two installed copies of mongoose', async () => {
    const ours = join(project.path, 'node_modules/clerk-mongo-sync')
    const built = await builtPackage()
    await rm(ours, { recursive: true, force: true })
    await mkdir(join(ours, 'node_modules/mongoose'), { recursive: true })
    await cp(join(built, 'package.json'), join(ours, 'package.json'))
    await writeFile(
      join(ours, 'node_modules/mongoose/package.json'),
      JSON.stringify({ name: 'mongoose', version: '9.0.0' }),
    )
    expect((await doctor()).of('mongoose')).toMatchObject([
      {
        verdict: 'problem',
        message: expect.stringContaining('two copies'),
        remedy: expect.stringContaining('npm dedupe'),
      },
    ])
  })

  it('finds another version of this package in the app than in the command', async () => {
    await install('clerk-mongo-sync', '99.0.0')
    expect((await doctor()).of('package')).toMatchObject([
      { verdict: 'warning', message: expect.stringContaining('99.0.0') },
    ])
  })

  const old = `import { Webhook } from 'svix'
export function POST(wh: Webhook, body: string, headers: Record<string, string>) {
  const event = wh.verify(body, headers) as { type: string }
  return event.type
}
`
  it.each([
    ['2.2.0', 1],
    ['1.99.1', 0],
  ])('warns of code that uses what svix %s does not return: %d', async (version, warnings) => {
    await install('svix', version)
    await project.write({ 'src/old-webhook.ts': old })
    expect((await doctor()).of('svix')).toHaveLength(warnings)
  })

  it('warns of a login wall in the source', async () => {
    const proxy =
      "import { clerkMiddleware } from '@clerk/nextjs/server'\nexport default clerkMiddleware(async (auth) => { await auth.protect() })\n"
    await project.write({ 'src/proxy.ts': proxy })
    expect((await doctor()).of('middleware')).toMatchObject([{ verdict: 'warning' }])
  })
})
