import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { fixtures } from 'clerk-mongo-sync/testing'
import mongoose, { type Connection } from 'mongoose'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { check, type RawUser } from '../demo/check'
import { checkLog, checkWelcomes } from '../demo/check-deliveries'
import { demoDatabase, withoutPassword } from '../demo/database-uri'
import type { Expected } from '../demo/expected'
import { createPrinter } from '../demo/print'
import { again, failing, refused, sent } from '../demo/script'

const server = inject('mongoUri')
const named = (name: string) => demoDatabase(server, name).uri

interface Run {
  child: ChildProcess
  /** Resolves when the output contains the text; rejects when it ends without. */
  says(text: string): Promise<void>
  /** All it has printed so far. */
  output(): string
  ended: Promise<Ending>
}

interface Ending {
  code: number | null
  output: string
  errors: string
}

const children = new Set<ChildProcess>()

function demo(args: string[], mongoUri: string): Run {
  const child = spawn(process.execPath, ['--import', 'tsx', 'demo/main.ts', ...args], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    env: { ...process.env, MONGODB_URI: mongoUri },
  })
  children.add(child.once('close', () => children.delete(child)))
  let output = ''
  let errors = ''
  child.stdout.on('data', (text) => {
    output += text
  })
  child.stderr.on('data', (text) => {
    errors += text
  })
  const ended = new Promise<Ending>((resolve) => child.once('close', (code) => resolve({ code, output, errors })))
  const says = (text: string) =>
    new Promise<void>((resolve, reject) => {
      child.stdout.on('data', () => output.includes(text) && resolve())
      void ended.then(() => reject(new Error(`It ended without saying so. ${output}${errors}`)))
    })
  return { child, says, ended, output: () => output }
}

describe('npm run demo', { timeout: 60_000 }, () => {
  const [kept, spoiled] = [`demo_kept_${process.pid}`, `demo_spoiled_${process.pid}`]
  let connection: Connection

  beforeAll(async () => {
    connection = await mongoose.createConnection(server).asPromise()
  })

  afterAll(async () => {
    for (const child of children) child.kill('SIGKILL')
    for (const name of [kept, spoiled]) await connection.useDb(name).dropDatabase()
    await connection.close()
  })

  test('two concurrent runs on one server both succeed, in plain text, and leave no database', async () => {
    const runs = await Promise.all([demo(['--once'], server).ended, demo(['--once'], server).ended])
    for (const { code, output, errors } of runs) {
      expect(errors).toBe('')
      expect(output).toMatch(/user\.updated +Ada's first change comes late +200 +stale +Augusta King · ada@/)
      expect(output).toMatch(/Forged.* 400 +refused .*\n +\(no_matching_signature\)/)
      expect(output).toMatch(/Grace signs up; her welcome fails +500 +failed +Grace.*\n +\(internal_error\)/)
      expect(output).toMatch(/reconcile +Three lost.* +missing 2 · stale 1 · changed 1 · deletedInClerk 1\n/)
      expect(output).toMatch(/push +Ada has paid.* +1 pushed · at Clerk: pro\n/)
      expect(output).toMatch(/reconcile +It repairs them.* +in step\n/)
      expect(output).toMatch(/All 43 deliveries and 6 calls went as they must/)
      expect(output).toMatch(
        /organization\.deleted +The company closes, for all +200 +deleted +Engines · \/engines · DELETED\n/,
      )
      expect(output).toMatch(/ok {4}Joan is no member of the closed company/)
      expect(output).toMatch(/ok {4}Each sign-up was welcomed once/)
      expect(output).toMatch(/ok {4}The delivery log has one entry for each genuine message/)
      expect(output).toMatch(/All 23 checks hold\./)
      expect(output).not.toContain('\u001b')
      expect(code).toBe(0)
    }
    const { databases } = await connection.getClient().db().admin().listDatabases()
    expect(databases.filter(({ name }) => name.startsWith('clerk_demo_'))).toEqual([])
  })

  test('without --once it keeps running with its data until Ctrl-C, then exits with the same exit code', async () => {
    const run = demo([], named(kept))
    await run.says('Ctrl-C ends the demo.')
    expect(await connection.useDb(kept).collection('users').countDocuments()).toBe(14)
    const [dashboard = ''] = /http:\S+\/dashboard/.exec(run.output()) ?? []
    expect(await (await fetch(dashboard)).text()).toMatch(/\d+ deliveries in the last day/)
    run.child.kill('SIGINT')
    const { code, output } = await run.ended
    expect(output).toContain(`mongosh '${named(kept)}'`)
    expect(code).toBe(0)
  })

  test('a named database is kept, and not filled a second time', async () => {
    const { code, errors } = await demo(['--once'], named(kept)).ended
    expect(errors).toContain(`The database ${kept} has users already.`)
    expect(code).toBe(1)
    expect(await connection.useDb(kept).collection('users').countDocuments()).toBe(14)
  })

  test('exits with 1 if MongoDB contains what it must not', async () => {
    await connection.useDb(spoiled).collection('clerk_tombstones').insertOne({ receivedAt: new Date() })
    const { code, output } = await demo(['--once'], named(spoiled)).ended
    expect(output).toContain('FAIL  No other user is stored, and no user twice: 4 tombstones instead of 3')
    expect(output).toContain('1 of 23 checks FAIL.')
    expect(code).toBe(1)
  })

  test('prints help with --help, and refuses an unknown option', async () => {
    const [help, unknown] = await Promise.all([demo(['--help'], server).ended, demo(['--twice'], server).ended])
    expect(help).toMatchObject({ code: 0, output: expect.stringContaining('-- --once') })
    expect(unknown).toMatchObject({ code: 1, errors: expect.stringContaining("'--twice'") })
  })
})

describe('the check at the end', () => {
  const event = fixtures.userCreated(fixtures.user({ email: 'a@example.com', first_name: 'A', last_name: null }))
  const holds = { email: 'a@example.com', firstName: 'A', authProvider: 'clerk', syncStatus: 'active' }
  const local = { email: 'local@example.com', authProvider: 'local' }
  const clerkId = event.data.id
  const version = event.data.updated_at ?? 0
  const expected: Expected[] = [{ claim: 'it is there', clerkId, version, holds }]
  const right = { ...holds, clerkId: event.data.id, clerkUpdatedAt: new Date(version) }

  function problems(users: RawUser[], tombstones: RawUser[] = [], wanted = expected): string[] {
    return check({ users, tombstones, memberships: [] }, wanted, local).flatMap((finding) => finding.problems)
  }

  test('finds no problem if there is none', () => {
    expect(problems([right, local])).toEqual([])
  })

  test.each<[string, RawUser[], RawUser[], string[]]>([
    ['a wrong value', [{ ...right, firstName: 'B' }, local], [], ['firstName is "B" instead of "A"']],
    [
      'null where nothing must be',
      [{ ...right, username: null }, local],
      [],
      ['username is null instead of undefined'],
    ],
    ['a missing user', [local], [], ['no document', '1 documents instead of 2']],
    ['a user stored twice', [right, right, local], [], ['2 documents instead of one', '3 documents instead of 2']],
    ['another version', [{ ...right, clerkUpdatedAt: new Date(1) }, local], [], ['another version']],
    ['a user deleted by mistake', [{ ...right, clerkDeletedAt: new Date() }, local], [], ['deleted']],
    ['a stray tombstone', [right, local], [{ _id: event.data.id }], ['a tombstone', '1 tombstones instead of 0']],
    ['a local account taken over', [right, { ...local, clerkId: 'user_2' }], [], ['it was taken over']],
    ['a local account lost', [right, { ...right, clerkId: 'user_2' }], [], ['no document']],
  ])('finds %s', (_, users, tombstones, found) => {
    expect(problems(users, tombstones)).toEqual(found)
  })

  test('finds a deleted user that was restored, and one without a tombstone', () => {
    const gone: Expected[] = [{ claim: 'it is deleted', clerkId, version, holds, isDeleted: true }]
    expect(problems([right, local], [{ _id: clerkId }], gone)).toEqual(['not deleted'])
    const deleted = { ...right, clerkDeletedAt: new Date() }
    expect(problems([deleted, local], [], gone)).toEqual(['no tombstone', '0 tombstones instead of 1'])
    expect(problems([deleted, local], [{ _id: clerkId }], gone)).toEqual([])
  })
})

describe('the checks of hooks and deliveries', () => {
  const event = fixtures.userCreated()
  const messageId = 'msg_1'
  const first = failing('It fails', { messageId, event })
  const forged = refused('Forged', { messageId: 'msg_2', event }, { isForged: true }, 'no_matching_signature')
  const deliveries = [first, again('Again', first, 'duplicate'), forged]
  const entry = { _id: messageId, attempts: 2, outcome: 'duplicate' }

  test('find no problem if there is none', () => {
    expect(checkWelcomes(['b', 'a'], ['a', 'b']).problems).toEqual([])
    expect(checkLog([entry], deliveries).problems).toEqual([])
  })

  test('find a welcome that is missing, repeated, or without a user', () => {
    expect(checkWelcomes(['b', 'b', 'c'], ['a', 'b']).problems).toEqual([
      '0 mails to a instead of 1',
      '2 mails to b instead of 1',
      '1 mails to c instead of 0',
    ])
  })

  test('find a message that is missing or wrong in the log, and one that must not be there', () => {
    expect(checkLog([], deliveries).problems).toEqual(['0 entries instead of 1', `no entry for ${messageId}`])
    expect(checkLog([{ ...entry, attempts: 1 }], deliveries).problems).toEqual([
      `${messageId}: duplicate after 1 instead of duplicate after 2`,
    ])
    expect(checkLog([entry, { _id: forged.message.messageId }], deliveries).problems).toEqual([
      '2 entries instead of 1',
    ])
  })
})

describe('the output of the demo', () => {
  function printed(output: { isTTY?: boolean }, noColor?: string): string {
    let text = ''
    const write = (part: string) => {
      text += part
    }
    const printer = createPrinter({ ...output, write }, noColor)
    printer.chapter('Morning')
    const message = { messageId: 'msg_1', event: fixtures.userCreated() }
    printer.delivery(sent('Ada signs up', message, 'created'), { status: 500, result: 'internal_error' }, [])
    const call = { story: 'All are brought over', name: 'backfill', run: async () => '', says: '2 seen', shows: [] }
    printer.call(call, '1 seen', [])
    return text
  }

  test('is coloured in a terminal only, and not with NO_COLOR', () => {
    expect(printed({ isTTY: true })).toContain('\u001b[')
    expect(printed({ isTTY: true }, '')).toContain('\u001b[')
    expect(printed({ isTTY: true }, '1')).not.toContain('\u001b')
    expect(printed({})).not.toContain('\u001b')
  })

  test('names the expected answer if the answer is different', () => {
    expect(printed({})).toMatch(/500 +failed +\(internal_error\)\n +expected: 200 created/)
    expect(printed({})).toMatch(/backfill +All are brought over +1 seen\n +expected: 2 seen/)
  })
})

describe('the database of the demo', () => {
  test('is the named one, else a new one on the same server', () => {
    expect(demoDatabase('mongodb://h:1/mine?w=1')).toEqual({
      uri: 'mongodb://h:1/mine?w=1',
      name: 'mine',
      isOurs: false,
    })
    for (const given of ['mongodb://h:1', 'mongodb://h:1/']) {
      expect(demoDatabase(given, 'fresh')).toEqual({ uri: 'mongodb://h:1/fresh', name: 'fresh', isOurs: true })
    }
    expect(demoDatabase('mongodb://a:1,b:2/?replicaSet=rs', 'fresh').uri).toBe('mongodb://a:1,b:2/fresh?replicaSet=rs')
  })

  test('is not used as the database to authenticate against', () => {
    const { uri } = demoDatabase('mongodb+srv://me:secret@h/?retryWrites=true', 'fresh')
    expect(uri).toBe('mongodb+srv://me:secret@h/fresh?retryWrites=true&authSource=admin')
    expect(withoutPassword(uri)).toBe('mongodb+srv://me:***@h/fresh?retryWrites=true&authSource=admin')
    expect(demoDatabase('mongodb://me:x@h/?authSource=own', 'fresh').uri).toContain('authSource=own')
  })

  test('is refused if the connection string is malformed', () => {
    expect(() => demoDatabase('localhost:27017')).toThrow(/MONGODB_URI must start with/)
  })
})
