import { channel } from 'node:diagnostics_channel'
import { fixtures } from 'clerk-mongo-sync/testing'
import mongoose, { Schema } from 'mongoose'
import { afterEach, describe, expect, it } from 'vitest'
import { useDatabase } from '../../support/database'

const db = useDatabase('seen_by_app')
const definition = { email: String, username: String, firstName: String, lastName: String }

/** What code of the app saw of the library's write. */
const seen: string[] = []
const undo: (() => void)[] = []
afterEach(() => {
  seen.splice(0)
  for (const one of undo.splice(0)) one()
})

const see = (what: string) => () => void seen.push(what)

async function store(change: (schema: Schema) => void = () => {}): Promise<string[]> {
  const schema = new Schema(definition, { timestamps: true })
  change(schema)
  const users = await db.users({ schema })
  const { outcome } = await users.upsertFromClerk(fixtures.user())
  expect(outcome).toBe('created')
  return seen
}

describe('code of the app that could see the query around a write still does', () => {
  it('pre middleware', async () => {
    expect(await store((schema) => void schema.pre('updateOne', see('pre')))).toEqual(['pre'])
  })

  it('post middleware', async () => {
    expect(await store((schema) => void schema.post('updateOne', see('post')))).toEqual(['post'])
  })

  it('middleware of a name by pattern', async () => {
    expect(await store((schema) => void schema.pre(/^update/, see('pattern')))).toEqual(['pattern'])
  })

  it('a replaced exec, as of plugins that cache or measure', async () => {
    const { exec } = mongoose.Query.prototype
    undo.push(() => {
      mongoose.Query.prototype.exec = exec
    })
    mongoose.Query.prototype.exec = function (...args) {
      seen.push(`exec of ${(this as unknown as { op: string }).op}`)
      return exec.apply(this, args)
    }
    expect(await store()).toContain('exec of updateOne')
  })

  it.skipIf(process.env.MONGOOSE === '8')('a subscriber to the traces that mongoose 9 has', async () => {
    const onStart = see('trace')
    channel('tracing:mongoose:query:start').subscribe(onStart)
    undo.push(() => void channel('tracing:mongoose:query:start').unsubscribe(onStart))
    expect(await store()).toContain('trace')
  })

  it('the debug log, which mongoose writes for the command itself', async () => {
    undo.push(() => void mongoose.set('debug', undefined as never))
    mongoose.set('debug', (_collection: string, method: string) => void seen.push(method))
    expect(await store()).toContain('updateOne')
  })
})
