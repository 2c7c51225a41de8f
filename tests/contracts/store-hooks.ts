import { fixtures } from 'clerk-mongo-sync/testing'
import { describe, expect, it } from 'vitest'
import { delivered, type MakeStore } from './store-subject'

/** The marks of hooks that are to run after a write. */
export function describeHookMarks(makeStore: MakeStore): void {
  describe('hook marks', () => {
    const message = 'msg_marked'
    const marked = delivered({ messageId: message, marks: { message } })

    it('exist from the write until they are cleared, whatever is written in between', async () => {
      const { store } = await makeStore()
      const user = fixtures.user()
      expect((await store.upsertFromClerk(user, marked)).due).toEqual([message])
      await store.upsertFromClerk(fixtures.changedUser(user), delivered())
      expect((await store.upsertFromClerk(user, marked)).due).toEqual([message])
      await store.clearHookMarks(user.id, { message })
      expect((await store.upsertFromClerk(user, marked)).due).toEqual([])
    })

    it('of two messages are cleared one by one', async () => {
      const { store } = await makeStore()
      const user = fixtures.user()
      await store.upsertFromClerk(user, marked)
      const later = fixtures.changedUser(user)
      const other = delivered({ messageId: 'msg_other', marks: { message: 'msg_other' } })
      await store.upsertFromClerk(later, other)
      await store.clearHookMarks(user.id, { message })
      expect((await store.upsertFromClerk(later, other)).due).toEqual(['msg_other'])
    })

    it('for a type are set by an insert, and not by an update', async () => {
      const { store } = await makeStore()
      const user = fixtures.user()
      const early = delivered({ marks: { pendingType: 'user.created' } })
      await store.upsertFromClerk(user, early)
      expect((await store.upsertFromClerk(user, delivered())).due).toEqual(['user.created'])
      await store.clearHookMarks(user.id, { message, pendingType: 'user.created' })
      await store.upsertFromClerk(fixtures.changedUser(user), early)
      expect((await store.upsertFromClerk(user, delivered())).due).toEqual([])
    })

    it('for a type are cleared without a message, and the marks of messages are not', async () => {
      const { store } = await makeStore()
      const user = fixtures.user()
      const early = delivered({ messageId: message, marks: { message, pendingType: 'user.created' } })
      await store.upsertFromClerk(user, early)
      await store.clearHookMarks(user.id, { pendingType: 'user.created' })
      expect((await store.upsertFromClerk(user, delivered())).due).toEqual([message])
      for (const nothing of [{}, { message: 'msg_never' }]) await store.clearHookMarks(user.id, nothing)
      expect((await store.upsertFromClerk(user, delivered())).due).toEqual([message])
    })

    it('of a deletion without a message are kept for the later message', async () => {
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

    it('of a deletion are set for its first message only', async () => {
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
