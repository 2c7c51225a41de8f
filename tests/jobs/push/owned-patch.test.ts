import { fixtures } from 'clerk-mongo-sync/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { metadataBytes, patchFor } from '../../../src/jobs/push/owned-patch'
import type { OwnedValues } from '../../../src/store/push-store'
import { mergeMetadata } from '../../../src/testing/fake-clerk/metadata'

type Place = Parameters<typeof patchFor>[0][number]
const plan: Place = { field: 'public_metadata', at: ['plan'] }
const patch = (places: Place[], owned: OwnedValues, at: object = {}) =>
  patchFor(places, owned, fixtures.user({ public_metadata: {}, ...at }))
/** The metadata patch where MongoDB owns `plan` and Clerk has this. */
const planPatch = (wanted: unknown, current?: unknown) =>
  patch(
    [plan],
    { public_metadata: { plan: wanted } },
    { public_metadata: current === undefined ? {} : { plan: current } },
  ).metadata?.public_metadata

describe('the metadata patch', () => {
  it('is empty if both sides are equal, whatever the order of keys', () => {
    expect(
      planPatch({ tier: 'pro', seats: [1, { a: 1, b: 2 }] }, { seats: [1, { b: 2, a: 1 }], tier: 'pro' }),
    ).toBeUndefined()
  })

  it('has only what differs, at any depth', () => {
    expect(planPatch({ a: { b: 1, c: 2 }, d: 3 }, { a: { b: 1, c: 9 }, d: 3 })).toEqual({ plan: { a: { c: 2 } } })
  })

  it('is null for values that the document no longer has, and for nested keys', () => {
    expect(planPatch(null, 'pro')).toEqual({ plan: null })
    expect(planPatch({ a: 1 }, { a: 1, b: { c: 2 } })).toEqual({ plan: { b: null } })
  })

  it('is empty if neither side has a value', () => {
    expect(planPatch(null)).toBeUndefined()
    expect(planPatch({ a: null }, {})).toBeUndefined()
    expect(planPatch({ a: { b: null } }, { a: {} })).toBeUndefined()
  })

  it('has a list as a whole, including null', () => {
    expect(planPatch([1, null, { a: null }], [1])).toEqual({ plan: [1, null, { a: null }] })
    expect(planPatch([1, null], [1, null])).toBeUndefined()
  })

  it('has the key that Clerk uses, and keeps other keys there', () => {
    const places: Place[] = [
      { field: 'public_metadata', at: ['billing', 'seats'] },
      { field: 'public_metadata', at: ['billing', 'tier'] },
      { field: 'private_metadata', at: ['note'] },
    ]
    const owned = { public_metadata: { billing: { seats: 3, tier: null } }, private_metadata: { note: 'x' } }
    const at = { public_metadata: { billing: { tier: 'old', theirs: 1 } }, private_metadata: null }
    expect(patch(places, owned, at).metadata).toEqual({
      public_metadata: { billing: { seats: 3, tier: null } },
      private_metadata: { note: 'x' },
    })
  })

  it('replaces a value at Clerk that is no object but is one here', () => {
    expect(planPatch({ a: 1 }, 'pro')).toEqual({ plan: { a: 1 } })
    expect(planPatch('pro', { a: 1 })).toEqual({ plan: 'pro' })
  })

  it('treats a key __proto__ like any other', () => {
    const wanted = JSON.parse('{"__proto__":{"isAdmin":true},"a":1}')
    const sent = planPatch(wanted, { a: 1 })
    expect(JSON.stringify(sent)).toBe('{"plan":{"__proto__":{"isAdmin":true}}}')
    expect(({} as { isAdmin?: boolean }).isAdmin).toBeUndefined()
    const current = JSON.parse('{"__proto__":{"isAdmin":true}}')
    expect(JSON.stringify(planPatch({}, current))).toBe('{"plan":{"__proto__":null}}')
  })

  it('makes Clerk equal, whatever both sides had, and is empty afterwards', () => {
    const json = fc.jsonValue({ maxDepth: 3 })
    fc.assert(
      fc.property(json, json, (rawWanted, rawCurrent) => {
        // As Clerk keeps it: no `null` in an object.
        const current = mergeMetadata({}, { plan: rawCurrent })
        const wanted = rawWanted
        const user = fixtures.user({ public_metadata: current })
        const sent = patchFor([plan], { public_metadata: { plan: wanted } }, user).metadata?.public_metadata
        const after = mergeMetadata(current, sent ?? {})
        expect(after).toEqual(mergeMetadata({}, { plan: wanted }))
        const again = patchFor([plan], { public_metadata: { plan: wanted } }, fixtures.user({ public_metadata: after }))
        expect(again).toEqual({})
      }),
      { numRuns: 1_000 },
    )
  })
})

describe('the patch of profile and external id', () => {
  const places: Place[] = [
    { field: 'profile', at: ['first_name'] },
    { field: 'profile', at: ['username'] },
    { field: 'external_id', at: [] },
  ]

  it('has what differs, and null to remove', () => {
    const owned = { profile: { first_name: 'Ada', username: null }, external_id: '7' }
    expect(patch(places, owned, { first_name: 'Bea', username: 'ada', external_id: null })).toEqual({
      profile: { first_name: 'Ada', username: null, external_id: '7' },
    })
  })

  it('is empty if one side has no value and the other an empty text', () => {
    const owned = { profile: { first_name: null, username: '' }, external_id: null }
    expect(patch(places, owned, { first_name: '', username: null, external_id: null })).toEqual({})
  })

  it('is empty for a generated value', () => {
    expect(patch(places, { profile: { first_name: 'Ada' } }, { first_name: 'Ada', username: 'theirs' })).toEqual({})
  })
})

describe('the size of metadata', () => {
  it('counts all three kinds after the merge, in bytes of UTF-8', () => {
    const user = fixtures.user({ public_metadata: { a: 'é' }, private_metadata: { b: 1 }, unsafe_metadata: {} })
    const bytes = metadataBytes(user, { metadata: { private_metadata: { b: null, c: 22 } } })
    expect(bytes).toBe('{"a":"éé"}'.length + '{"c":22}'.length + '{}'.length)
  })

  it('does not count what is removed', () => {
    const many = Object.fromEntries(Array.from({ length: 800 }, (_, i) => [`k${i}`, 1]))
    const user = fixtures.user({ public_metadata: { plan: many } })
    const gone = patchFor([plan], { public_metadata: { plan: {} } }, user)
    expect(metadataBytes(user, gone)).toBeLessThan(50)
  })
})
