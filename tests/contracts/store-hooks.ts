import { fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import { delivered, type MakeStore } from './store-subject'

/** The marks of hooks that are to run after a write. */
export function describeHookMarks(makeStore: MakeStore): void {
  describe('hook marks', () => {
    const message = 'msg_marked'
    const marked = delivered({ messageId: message, marks: { message } })

    it('stand from the write until the hook is settled, whatever is written in between', async () => {
      const { store } = await makeStore()
      const user = fixtures.user()
      expect((await store.upsertFromClerk(user, marked)).due).toEqual([message])
      await store.upsertFromClerk(fixtures.changedUser(user), delivered())
      expect((await store.upsertFromClerk(user, marked)).due).toEqual([message])
      await store.clearHookMarks(user.id, { message })
      expect((await store.upsertFromClerk(user, marked)).due).toEqual([])
    })

    it('of two messages are settled one by one', async () => {
      const { store } = await makeStore()
      const user = fixtures.user()
      await store.upsertFromClerk(user, marked)
      const later = fixtures.changedUser(user)
      const other = delivered({ messageId: 'msg_other', marks: { message: 'msg_other' } })
      await store.upsertFromClerk(later, other)
      await store.clearHookMarks(user.id, { message })
      expect((await store.upsertFromClerk(later, other)).due).toEqual(['msg_other'])
    })

    it('for a type are left with an insert, and not with an update', async () => {
      const { store } = await makeStore()
      const user = fixtures.user()
      const early = delivered({ marks: { pendingType: 'user.created' } })
      await store.upsertFromClerk(user, early)
      expect((await store.upsertFromClerk(user, delivered())).due).toEqual(['user.created'])
      await store.clearHookMarks(user.id, { message, pendingType: 'user.created' })
      await store.upsertFromClerk(fixtures.changedUser(user), early)
      expect((await store.upsertFromClerk(user, delivered())).due).toEqual([])
    })

    it('for a type are settled without a message, and the marks of messages are not', async () => {
      const { store } = await makeStore()
      const user = fixtures.user()
      const early = delivered({ messageId: message, marks: { message, pendingType: 'user.created' } })
      await store.upsertFromClerk(user, early)
      await store.clearHookMarks(user.id, { pendingType: 'user.created' })
      expect((await store.upsertFromClerk(user, delivered())).due).toEqual([message])
      for (const nothing of [{}, { message: 'msg_never' }]) await store.clearHookMarks(user.id, nothing)
      expect((await store.upsertFromClerk(user, delivered())).due).toEqual([message])
    })

    it('of a deletion that came without a message are left to the message that comes later', async () => {
      const { store } = await makeStore()
      for (const context of [{}, { marks: { hasHooks: true } }, delivered()]) {
        const user = fixtures.user()
        await store.upsertFromClerk(user, delivered())
        await store.deleteFromClerk(user.id, context)
        expect((await store.deleteFromClerk(user.id, marked)).due).toEqual(['user.deleted'])
        await store.clearHookMarks(user.id, { message, pendingType: 'user.deleted', isDeletion: true })
        expect((await store.deleteFromClerk(user.id, marked)).due).toEqual([])
      }
    })

    it('of a deletion stand with its first message alone', async () => {
      const { store } = await makeStore()
      const user = fixtures.user()
      expect((await store.deleteFromClerk(user.id, marked)).due).toEqual([message])
      const again = delivered({ messageId: 'msg_again', marks: { message: 'msg_again' } })
      expect((await store.deleteFromClerk(user.id, again)).due).toEqual([message])
      await store.clearHookMarks(user.id, { message, pendingType: 'user.deleted', isDeletion: true })
      expect((await store.deleteFromClerk(user.id, marked)).due).toEqual([])
    })
  })
}
