import { type ClerkSyncOptions, primaryEmail } from 'clerk-mongo-sync'
import { expect } from 'vitest'
import { isPlain, pathOf } from '../app'
import { person, renamed } from '../person'
import type { Stage } from './stage'

/** Stages with hooks and with concurrent deliveries. */
export const hookedStages: Stage[] = [
  {
    name: 'a message that is sent again runs no finished hook again',
    async run(running) {
      const ran: string[] = []
      const on: ClerkSyncOptions['on'] = {
        'user.created': ({ messageId }) => void ran.push(`created ${messageId}`),
        'user.updated': ({ messageId }) => void ran.push(`updated ${messageId}`),
      }
      const user = person()
      const now = renamed(user)
      await running.withClerk([now], async (clerk) => {
        const access = { secretKey: clerk.secretKey, apiUrl: clerk.url }
        const options = { on, clerk: access, deliveries: true }
        const [first, second] = [`msg_1_${user.id}`, `msg_2_${user.id}`]
        await running.deliver('user.created', user, { ...options, messageId: first })
        await running.deliver('user.updated', now, { ...options, messageId: second })
        await running.deliver('user.created', user, { ...options, messageId: first })
        await running.deliver('user.updated', now, { ...options, messageId: second })
        expect(ran).toEqual([`created ${first}`, `updated ${second}`])
        await running.expectInStep(now)
      })
    },
  },
  {
    name: 'a hook that asks for changes gets them, by the app’s paths',
    async run(running) {
      const told: object[] = []
      const on: ClerkSyncOptions['on'] = { 'user.updated': ({ changes }) => void told.push({ ...changes }) }
      const user = person()
      const now = renamed(user)
      await running.deliver('user.created', user, { changes: true })
      expect(await running.deliver('user.updated', now, { changes: true, on })).toMatchObject({ outcome: 'updated' })
      await running.expectInStep(now)
      const path = pathOf(running.app, 'email')
      if (!running.hasPath(path) || !isPlain(running.app, path)) return
      expect(told).toMatchObject([{ [path]: { before: primaryEmail(user), after: primaryEmail(now) } }])
    },
  },
  {
    name: 'deliveries that arrive all at once leave one document, the newest',
    async run(running) {
      const user = person()
      const [second, third] = [renamed(user), renamed(renamed(user))]
      await Promise.all([
        running.deliver('user.updated', third),
        running.deliver('user.created', user),
        running.deliver('user.updated', second),
        running.deliver('user.updated', third),
      ])
      await running.expectInStep(third)
      expect(await running.rawAll()).toHaveLength(1)
    },
  },
]
