import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import mongoose from 'mongoose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest'
import { runCli } from '../cli/cli'
import { blocks, pageOf } from '../support/documentation'
import { killShell, openShell, type Shell } from '../support/shell'
import { makeFolder, pack, removeFolder } from './scratch'

// A package manager is slow, especially while other tests run.
vi.setConfig({ testTimeout: 180_000 })

const server = inject('mongoUri')
const connection = mongoose.createConnection(server)
const shells: Shell[] = []
let folder: string
let tarball: string
let app: string

beforeAll(async () => {
  folder = await makeFolder()
  tarball = await pack(folder)
  app = join(folder, 'tour')
  await mkdir(app)
}, 180_000)
afterEach(() => {
  for (const shell of shells.splice(0)) killShell(shell)
})
afterAll(async () => {
  await Promise.all(['clerk_tour', 'first_minutes'].map((name) => connection.useDb(name).dropDatabase()))
  await connection.close()
  await removeFolder(folder)
})

interface Pasted {
  printed(): string
  ended: Promise<number | null>
}

function paste(text: string, given: Record<string, string> = {}): Pasted {
  const shell = openShell(text, app, given)
  shells.push(shell)
  let printed = ''
  for (const stream of [shell.stdout, shell.stderr]) {
    stream.on('data', (chunk: string) => {
      printed += chunk
    })
  }
  return { printed: () => printed, ended: new Promise((resolve) => shell.once('close', resolve)) }
}

const [, commands = ''] = /^See it work in a minute.*?```sh\n(.*?)```/ms.exec(pageOf('README.md')) ?? []

describe('the first minutes', () => {
  it('take three commands of the README, from an empty folder to users in MongoDB', async () => {
    expect(commands.trim().split('\n')).toHaveLength(3)
    const pasted = commands.replace('install clerk-mongo-sync', `install ${tarball}`)
    expect(pasted).toContain(tarball)
    const shell = paste(pasted, { MONGODB_URI: server })
    expect({ code: await shell.ended, printed: shell.printed() }).toEqual({
      code: 0,
      printed: expect.stringContaining('MongoDB has 21 users, 20 of them active.'),
    })
    expect(await users().countDocuments()).toBe(21)
    expect(await users().countDocuments({ clerkDeletedAt: { $exists: true } })).toBe(1)
  })

  it('continue with the output of fake-clerk, which creates a user and fills the app', async () => {
    const files = ['models/user.ts', 'lib/clerk-sync.ts', 'clerk-sync.config.ts']
    const shown = blocks.filter(({ file }) => files.includes(file))
    expect(shown).toHaveLength(files.length)
    for (const { file, code } of shown) {
      await mkdir(dirname(join(app, file)), { recursive: true })
      await writeFile(join(app, file), code)
    }
    await writeFile(join(app, 'tsconfig.json'), '{ "compilerOptions": { "paths": { "@/*": ["./*"] } } }')
    const uri = server.replace(/\/(\?|$)/, '/first_minutes$1')
    await writeFile(join(app, '.env.local'), `MONGODB_URI=${uri}\n`)

    const [, line = ''] = /^(npx clerk-mongo-sync fake-clerk .*)$/m.exec(pageOf('docs/guides/fake-clerk.md')) ?? []
    expect(line).toContain('--data fake-clerk.json')
    const clerk = paste(line.replace('--users 200', '--users 5 --port 0'))
    while (!clerk.printed().includes('npx clerk-mongo-sync backfill')) await new Promise((go) => setTimeout(go, 50))
    const printed = clerk.printed()
    const [, variables = ''] = /For \.env\.local:\n((?:\w+=.*\n)+)/.exec(printed) ?? []
    await appendFile(join(app, '.env.local'), variables)
    const toPaste = [...printed.matchAll(/^ {2}(\S.*)$/gm)].map(([, command = '']) => command)
    expect(toPaste.map((command) => command.split(' ')[0])).toEqual(['curl', 'npx'])
    for (const command of toPaste) {
      const shell = paste(command)
      expect({ command, code: await shell.ended }).toEqual({ command, code: 0 })
    }
    const stored = await connection.useDb('first_minutes').collection('users').find().toArray()
    expect(stored).toHaveLength(6)
    expect(stored).toContainEqual(expect.objectContaining({ email: 'ada@example.com', firstName: 'Ada' }))
    expect(await readFile(join(app, 'fake-clerk.json'), 'utf8')).toContain('ada@example.com')
  })
})

// In this file, because every tour uses the same database.
const database = connection.useDb('clerk_tour')
const users = () => database.collection('users')
const isLocalMongoThere = await new Promise<boolean>((resolve) => {
  const socket = connect(27_017, '127.0.0.1', () => resolve(true)).on('error', () => resolve(false))
  socket.on('connect', () => socket.destroy())
})

let cwd: string
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'clerk-mongo-sync-tour-'))
  return () => rm(cwd, { recursive: true })
})

const tour = (env: Record<string, string>, ...flags: string[]) => runCli(['tour', ...flags], { cwd, env })

/** The output of the tour, without the parts that differ between runs and servers. */
function withoutChance(printed: string): string {
  return printed
    .replaceAll(/(mongodb|http):\/\/[^\s'/]+/g, '$1://host')
    .replaceAll(/clerk_tour[^\s']*( \(MONGODB_URI\))?/g, 'clerk_tour')
    .replaceAll(/'[0-9a-f]{24}'/g, "'_id'")
    .replaceAll(/(user|org|orgmem)_\w{20,}/g, '$1_id')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'date')
}

describe('tour', () => {
  it('leaves users in MongoDB, one of them deleted, and prints each step with what is stored', async () => {
    const { code, stdout, stderr } = await tour({ MONGODB_URI: server })
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    for (const outcome of ['created', 'updated', 'stale', 'deleted'])
      expect(stdout).toContain(`200  {"outcome":"${outcome}"}`)
    expect(stdout).toContain("lastName: 'Lovelace'")
    expect(stdout).toContain('MongoDB has 21 users, 20 of them active.')
    expect(await users().countDocuments()).toBe(21)
    expect(
      await users()
        .find({ clerkDeletedAt: { $exists: true } })
        .toArray(),
    ).toMatchObject([{ syncError: 'deleted' }])
  })

  it('prints what its page in docs shows, except ids, dates and addresses', async () => {
    const [, shown = ''] = /```text\n(.*?)```/s.exec(pageOf('docs/start/tour.md')) ?? []
    const { stdout } = await tour({ MONGODB_URI: server })
    expect(withoutChance(stdout)).toBe(withoutChance(shown))
  })

  it('starts with an empty database, also after an earlier tour, and changes no other', async () => {
    const other = database.useDb('tour_other')
    await other.collection('users').insertOne({ name: 'mine' })
    const uri = server.replace(/\/(\?|$)/, '/tour_other$1')
    for (const _ of [1, 2]) expect(await tour({ MONGODB_URI: uri })).toMatchObject({ code: 0 })
    expect(await users().countDocuments()).toBe(21)
    expect(await other.collection('users').find().toArray()).toMatchObject([{ name: 'mine' }])
    expect((await other.listCollections()).map(({ name }) => name)).toEqual(['users'])
    await other.dropDatabase()
  })

  it('prints one JSON object with --json', async () => {
    const { stdout } = await tour({ MONGODB_URI: server }, '--json')
    expect(JSON.parse(stdout)).toMatchObject({ users: 21, active: 20, scenes: { length: 9 } })
  })

  it('names a MongoDB that it cannot use, without the password', async () => {
    const { code, stderr } = await tour({ MONGODB_URI: 'mongodb://ada:secret@127.0.0.1:1/shop' })
    expect(code).toBe(1)
    expect(stderr).toContain('mongodb://ada:***@127.0.0.1:1/clerk_tour?authSource=shop cannot be used')
    expect(stderr).not.toContain('secret')
  })

  it.skipIf(isLocalMongoThere)('explains how to get a MongoDB if there is none', async () => {
    const { code, stderr } = await tour({})
    expect(code).toBe(1)
    expect(stderr).toContain('npm install mongodb-memory-server-core')
  })

  it.skipIf(isLocalMongoThere)(
    'starts one with mongodb-memory-server-core if that is installed, and stops it',
    async () => {
      await database.dropDatabase()
      const folder = join(cwd, 'node_modules/mongodb-memory-server-core')
      await mkdir(folder, { recursive: true })
      const stub = `exports.MongoMemoryServer = { create: async () => ({
      getUri: () => ${JSON.stringify(server)},
      stop: async () => console.error('stopped'),
    }) }`
      await writeFile(join(folder, 'index.js'), stub)
      const { code, stdout, stderr } = await tour({})
      expect(code).toBe(0)
      expect(stdout).toContain('started for this tour by mongodb-memory-server-core')
      expect(stdout).not.toContain('mongosh')
      expect(stderr).toMatch(/stopped/)
    },
  )
})
