import { createClerkSync } from 'clerk-mongo-sync'
import { signClerkWebhook } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { useDatabase } from '../support/database'
import { person } from './person'
import { recorder } from './recorder'
import { RunningApp } from './running-app'

const db = useDatabase('apps_host_code')
const text = { type: String }
const email = { ...text, unique: true, sparse: true }
const signingSecret = `whsec_${Buffer.from('a secret of the tests').toString('base64')}`

/** Whether the service that the app's code calls is unavailable. */
let isAway = false
function ask<Value>(value: Value): Value {
  if (isAway) throw new Error('connect ECONNREFUSED 10.0.0.7:6379')
  return value
}

/** Code of an app that calls a service, by the place where it runs. */
const failing: { kind: string; path?: string; schema: () => Schema }[] = [
  {
    kind: 'validator',
    path: 'firstName',
    schema: () => new Schema({ email, firstName: { ...text, validate: async () => ask(true) } }),
  },
  {
    kind: 'synchronous validator',
    path: 'firstName',
    schema: () => new Schema({ email, firstName: { ...text, validate: () => ask(true) } }),
  },
  {
    kind: 'required',
    path: 'nickname',
    schema: () => new Schema({ email, nickname: { ...text, required: () => ask(false) } }),
  },
  {
    kind: 'setter',
    path: 'firstName',
    schema: () => new Schema({ email, firstName: { ...text, set: (value: unknown) => ask(value) } }),
  },
  {
    kind: 'default',
    path: 'shard',
    schema: () => new Schema({ email, shard: { ...text, default: () => ask('eu') } }),
  },
  {
    kind: 'middleware',
    schema() {
      const schema = new Schema({ email })
      schema.pre('updateOne', () => void ask(true))
      return schema
    },
  },
]

describe.each(failing.map((one) => [one.kind, one] as const))(
  'a %s of the app that throws while its service is unavailable',
  (_, one) => {
    const { kind, path, schema } = one
    const app = { name: kind, schema }
    const named = new RegExp(path ? `${path}` : 'updateOne|middleware', 'i')

    it('fails the delivery with 500, is named in the log and to onError, and the next attempt stores the user', async () => {
      const running = await RunningApp.start(app, db)
      const errors: unknown[] = []
      const { logger, entries } = recorder()
      const clerkSync = createClerkSync({
        users: running.users,
        logger,
        signingSecret,
        onError: (error) => void errors.push(error),
      })
      const data = person()
      const attempt = () => {
        const { headers, body } = signClerkWebhook(
          { type: 'user.created', data },
          { signingSecret, messageId: `msg_${data.id}` },
        )
        return clerkSync.handler(new Request('https://app.example.com/webhook', { method: 'POST', headers, body }))
      }
      isAway = true
      entries.splice(0)
      const refused = await attempt().finally(() => {
        isAway = false
      })
      expect(refused.status).toBe(500)
      expect(errors).toMatchObject([{ code: 'host_code_failed', message: expect.stringMatching(named) }])
      const logged = JSON.stringify(entries.filter(({ level }) => level === 'error'))
      expect(logged).toMatch(named)
      expect(logged).not.toMatch(/"error":"(Error|TypeError)"/)
      expect(await running.rawAll()).toEqual([])
      expect((await attempt()).status).toBe(200)
      await running.expectInStep(data)
    })

    it('fails an update without changing the document, and the next attempt applies it', async () => {
      const running = await RunningApp.start(app, db)
      const data = person()
      await running.created(data)
      const before = await running.raw(data.id)
      const now = { ...data, first_name: 'Augusta', updated_at: (data.updated_at ?? 0) + 1_000 }
      isAway = true
      const attempt = () => running.deliver('user.updated', now)
      const outcome = await attempt()
        .then(
          ({ outcome }) => outcome,
          () => 'failed',
        )
        .finally(() => {
          isAway = false
        })
      if (outcome === 'updated') return void (await running.expectInStep(now))
      expect(outcome).toBe('failed')
      expect(await running.raw(data.id)).toEqual(before)
      expect(await attempt()).toMatchObject({ outcome: 'updated' })
      await running.expectInStep(now)
    })

    it('fails users of a backfill without a conflict, and the next backfill stores them', async () => {
      const running = await RunningApp.start(app, db)
      await running.clear()
      const people = [person(), person()]
      await running.withClerk(people, async (_clerk, clerkSync) => {
        isAway = true
        const failed = await clerkSync
          .backfill()
          .then(
            (result) => result,
            (error: unknown) => ({ error }),
          )
          .finally(() => {
            isAway = false
          })
        if ('failed' in failed) expect(failed).toMatchObject({ conflicts: 0, failed: people.length })
        else expect(failed.error).toMatchObject({ code: 'host_code_failed' })
        expect(await running.rawAll()).toEqual([])
        await clerkSync.backfill({ restart: true })
        for (const user of people) await running.expectInStep(user)
      })
    })
  },
)

describe('a validator that returns false', () => {
  it('is a conflict that names the path, and is not retried', async () => {
    const schema = () => new Schema({ email, firstName: { ...text, validate: () => false } })
    const running = await RunningApp.start({ name: 'strict', schema }, db)
    const result = await running.deliver('user.created', person())
    expect(result).toMatchObject({ outcome: 'conflict', conflict: { code: 'host_rule', path: 'firstName' } })
    expect(await running.rawAll()).toEqual([])
  })

  it('keeps the old value of a stored user, and the rest is stored', async () => {
    const refusesAugusta = (value: string) => value !== 'Augusta'
    const schema = () => new Schema({ email, firstName: { ...text, validate: refusesAugusta }, lastName: text })
    const running = await RunningApp.start({ name: 'strict', schema }, db)
    const data = person()
    await running.created(data)
    const now = { ...data, first_name: 'Augusta', last_name: 'King', updated_at: (data.updated_at ?? 0) + 1_000 }
    expect(await running.deliver('user.updated', now)).toMatchObject({
      outcome: 'conflict',
      conflict: { path: 'firstName' },
    })
    expect(await running.raw(data.id)).toMatchObject({ firstName: data.first_name })
  })
})
