import { clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
import { describe, expect, it } from 'vitest'
import { useDatabase } from '../support/database'
import type { App } from './app'
import { person } from './person'
import { type PluginCase, verdictOf } from './plugins/plugin-case'
import { queryPlugins } from './plugins/query-plugins'
import { commonSchema, writePlugins } from './plugins/write-plugins'
import { liveThrough } from './run-apps'

let alone = 0
const db = useDatabase('apps_plugins')

/** An app with the plugin, applied before or after ours. */
function appWith(plugin: PluginCase, side: 'before' | 'after'): App {
  return {
    name: `${plugin.name}, ${side} ours`,
    schema() {
      const schema = commonSchema()
      if (side === 'after') schema.plugin(clerkSyncPlugin)
      plugin.apply(schema, db.connection)
      return schema
    },
    defaults: { plan: 'free' },
    ...plugin.app,
  }
}

for (const plugin of [...queryPlugins, ...writePlugins])
  for (const side of ['before', 'after'] as const) {
    const app = appWith(plugin, side)
    describe(app.name, () => testPlugin(plugin, app))
  }

function testPlugin(plugin: PluginCase, app: App): void {
  const verdict = verdictOf(plugin)
  if (verdict === 'broken by itself') {
    it('cannot save a document without our plugin either', async () => {
      const schema = commonSchema()
      plugin.apply(schema, db.connection)
      const model = db.connection.model(`Alone${++alone}`, schema)
      await expect(model.create({ username: 'someone' })).rejects.toThrow(plugin.brokenBy)
    })
  } else if (verdict === 'refused at start-up') {
    it('is refused at start-up, with the name of the plugin', async () => {
      const refusal = { code: 'schema_unfit', message: expect.stringContaining(plugin.name) }
      await expect(db.users({ schema: app.schema() })).rejects.toMatchObject(refusal)
    })
  } else {
    const running = liveThrough(app, db)
    it('runs its own code on a user from Clerk', async () => {
      const user = person()
      await running().created(user)
      await plugin.expectAtWork?.(running(), user.id)
    })
  }
}
