import type { WebhookEvent, WebhookEventType } from '@clerk/backend/webhooks'
import type {
  ClerkDeletedJSON,
  ClerkEvent,
  ClerkEventData,
  ClerkEventType,
  ClerkUserDeletedEvent,
  ClerkUserEvent,
  ClerkUserJSON,
  ClerkWebhookEvent,
  UnknownClerkEvent,
  VerifiedClerkEvent,
} from 'clerk-mongo-sync'
import { fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, expectTypeOf, it } from 'vitest'
import { isClerkEvent } from '../../src/events/events'

type SdkData = { [E in WebhookEvent as E['type']]: E['data'] }

/** Fields of any member of a union, and of the objects and lists within, as paths. */
type Fields<T, Depth extends unknown[] = []> = Depth['length'] extends 5
  ? never
  : T extends readonly (infer Item)[]
    ? Fields<Item, Depth>
    : T extends object
      ? string extends keyof T
        ? never
        : { [K in keyof T & string]-?: K | `${K}.${Fields<T[K], [...Depth, 0]>}` }[keyof T & string]
      : never

/** What the SDK's types have and ours lack. `never` when nothing is. */
type Missing = { [T in WebhookEventType]: Exclude<Fields<SdkData[T]>, Fields<ClerkEventData[T]>> }[WebhookEventType]

/** Types whose `data` could be without `id`, as Clerk says of deletions alone. */
type WithoutId = { [T in ClerkEventType]: ClerkEventData[T] extends { id: string } ? never : T }[ClerkEventType]

// The compiler judges these; at run time they are nothing.
describe('the types of Clerk events', () => {
  it('cover those of the SDK, and the pending session of the specification', () => {
    expectTypeOf<Exclude<WebhookEventType, ClerkEventType>>().toBeNever()
    expectTypeOf<Exclude<ClerkEventType, WebhookEventType>>().toEqualTypeOf<'session.pending'>()
  })

  it('accept what the SDK calls an event, type by type', () => {
    expectTypeOf<WebhookEvent>().toExtend<ClerkWebhookEvent>()
    expectTypeOf<SdkData>().toExtend<Pick<ClerkEventData, WebhookEventType>>()
  })

  it('lack no field of the SDK, at any depth', () => {
    expectTypeOf<Missing>().toBeNever()
  })

  it('require an id, except in deletions', () => {
    expectTypeOf<WithoutId>().toEqualTypeOf<
      'user.deleted' | 'organization.deleted' | 'organizationDomain.deleted' | 'role.deleted' | 'permission.deleted'
    >()
  })

  it('require no other field at the top level', () => {
    type Required<T> = { [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? never : K }[keyof T]
    type Promised = { [T in ClerkEventType]: Required<ClerkEventData[T]> }[ClerkEventType]
    expectTypeOf<Promised>().toEqualTypeOf<'id'>()
  })

  it('accept a deleted role in both forms that Clerk documents', () => {
    expectTypeOf<{ object: string; id: string; slug: null; deleted: true }>().toExtend<ClerkEventData['role.deleted']>()
    expectTypeOf<ClerkEventData['role.updated']>().toExtend<ClerkEventData['role.deleted']>()
    expectTypeOf<ClerkEventData['role.deleted']['key']>().toEqualTypeOf<string | undefined>()
  })

  it('leave strings open for new values', () => {
    expectTypeOf<'frozen'>().toExtend<NonNullable<ClerkEventData['session.created']['status']>>()
    expectTypeOf<1>().not.toExtend<ClerkEventData['session.created']['status']>()
  })
})

describe('an event', () => {
  it('is narrowed by its type', () => {
    const read = (event: VerifiedClerkEvent) => {
      switch (event.type) {
        case 'user.created':
          expectTypeOf(event.data).toEqualTypeOf<ClerkUserJSON>()
          return event.data.username
        case 'user.deleted':
          expectTypeOf(event.data).toEqualTypeOf<ClerkDeletedJSON>()
          return event.data.id
        case 'organizationMembership.deleted':
          return event.data.organization?.slug
        case 'session.created':
          return event.data.user?.id
        default:
          return event.messageId
      }
    }
    const user = fixtures.user()
    expect(read({ ...fixtures.sessionCreated(user), messageId: 'msg_1' })).toBe(user.id)
    expect(read({ ...fixtures.userDeleted(user), messageId: 'msg_1' })).toBe(user.id)
  })

  it('of several types is a union', () => {
    expectTypeOf<ClerkEvent<'email.created' | 'sms.created'>>().toEqualTypeOf<
      ClerkEvent<'email.created'> | ClerkEvent<'sms.created'>
    >()
    expectTypeOf<ClerkUserEvent | ClerkUserDeletedEvent>().toExtend<ClerkWebhookEvent>()
    expectTypeOf<ClerkEvent<'user.created'>>().not.toExtend<ClerkEvent<'user.deleted'>>()
  })

  it('of a type that Clerk adds later is accepted, with data of type unknown', () => {
    const event = { type: 'userPasskey.added', data: { id: { any: 'thing' } } } satisfies UnknownClerkEvent
    expect(isClerkEvent(event)).toBe(true)
    expectTypeOf<{ type: 'added'; data: Record<string, unknown> }>().not.toExtend<UnknownClerkEvent>()
  })
})
