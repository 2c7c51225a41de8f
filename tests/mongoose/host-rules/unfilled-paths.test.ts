import { createClerkSync, mapClerkUser } from 'clerk-mongo-sync'
import type { ClerkSyncPluginOptions } from 'clerk-mongo-sync/mongoose'
import { fixtures } from 'clerk-mongo-sync/testing'
import { Schema } from 'mongoose'
import { describe, expect, it } from 'vitest'
import { type TestModel, useDatabase } from '../../support/database'
import { delivery, syncOf } from './ways-in'

const db = useDatabase('rules_unfilled_paths')
const required = { type: String, required: true }

async function unfilled(users: TestModel) {
  const findings = await syncOf(users).diagnose()
  return findings.filter(({ check }) => check === 'unfilled_paths')
}

/** Evaluates the options that a remedy names, as a developer would paste them. */
function optionsIn(remedy: string): ClerkSyncPluginOptions {
  const [, text] = /Pass (.*) to the plugin\./.exec(remedy) ?? []
  return new Function('mapClerkUser', `return { ${text} }`)(mapClerkUser)
}

const user = fixtures.user({
  first_name: 'Ada',
  last_name: 'Lovelace',
  primary_phone_number_id: 'idn_2',
  phone_numbers: [
    { id: 'idn_1', phone_number: '+15555550100', verification: null },
    { id: 'idn_2', phone_number: '+15555550101', verification: null },
  ],
})
const cases: [path: string, definition: object, value: unknown][] = [
  ['photo', { photo: String }, user.image_url],
  ['avatarUrl', { avatarUrl: { type: String, default: 'https://example.com/nobody.png' } }, user.image_url],
  ['profile.picture', { profile: { picture: String, bio: String } }, user.image_url],
  ['profile_image', { profile_image: String }, user.image_url],
  ['first_name', { first_name: String }, 'Ada'],
  ['name.last', { name: { last: String } }, 'Lovelace'],
  ['emailAddress', { emailAddress: String }, mapClerkUser(user).email],
  ['name', { name: String }, 'Ada Lovelace'],
  ['fullName', { fullName: String }, 'Ada Lovelace'],
  ['phoneNumber', { phoneNumber: String }, '+15555550101'],
  ['authId', { authId: String }, user.id],
  ['clerk_user_id', { clerk_user_id: { type: String, unique: true, sparse: true } }, user.id],
]

describe('a path that is named like a value of Clerk and that nothing fills', () => {
  it.each(cases)('is reported by doctor with the option that fills it: %s', async (path, definition, value) => {
    const findings = await unfilled(await db.users({ definition: { ...definition } }))
    const found = findings.find((one) => one.path === path)
    expect(found).toMatchObject({ verdict: 'warning', message: expect.stringContaining(path) })
    const users = await db.users({ definition: { ...definition }, ...optionsIn(found?.remedy ?? '') })
    expect(await syncOf(users).sync(fixtures.userCreated(user), delivery())).toMatchObject({ outcome: 'created' })
    const doc = await users.findByClerkId(user.id)
    expect(doc?.get(path)).toBe(value)
    expect((await unfilled(users)).map((one) => one.path)).not.toContain(path)
  })

  it.each([
    ['a path of something else', { company: { name: String, logo: { image: String } }, images: [String] }, {}],
    ['what is filled already', { imageUrl: String, photo: String, name: String }, { mapUser: withName }],
    ['a picture that the options map elsewhere', { photo: String }, { paths: { imageUrl: 'imageUrl' } }],
    ['a path that MongoDB owns', { name: String }, { push: { publicMetadata: ['name'] } }],
    ['a path that is no text', { photo: Schema.Types.ObjectId, name: Number }, {}],
    ['an id that the app makes', { id: { type: String, required: true, default: () => 'made' } }, {}],
  ])('is not %s', async (_what, definition, options) => {
    const users = await db.users({ definition: { email: String, ...definition }, ...options })
    expect(await unfilled(users)).toEqual([])
  })

  it('is reported once, with the same option, if it keeps users out', async () => {
    const users = await db.users({ definition: { email: String, photo: required } })
    const findings = (await createClerkSync({ users, logger: false }).diagnose()).filter((one) => one.path === 'photo')
    expect(findings).toMatchObject([
      { check: 'schema', verdict: 'problem', remedy: "Pass paths: { imageUrl: 'photo' } to the plugin." },
    ])
  })

  it('is reported if its unique index allows one user only', async () => {
    const users = await db.users({ definition: { email: String, clerk_id: { type: String, unique: true } } })
    const findings = (await createClerkSync({ users, logger: false }).diagnose()).filter(
      ({ path }) => path === 'clerk_id',
    )
    expect(findings).toMatchObject([{ remedy: expect.stringContaining("paths: { clerkId: 'clerk_id' }") }])
  })
})

describe('an _id of type String', () => {
  it('is refused at start-up, with the setting for an _id that is the Clerk id', async () => {
    const users = await db.users({ definition: { _id: String, email: String } })
    expect(() => syncOf(users)).toThrow(
      expect.objectContaining({ code: 'schema_unfit', message: expect.stringContaining("paths: { clerkId: '_id' }") }),
    )
  })
})

function withName(given: Parameters<typeof mapClerkUser>[0]) {
  return { ...mapClerkUser(given), name: given.first_name ?? undefined }
}
