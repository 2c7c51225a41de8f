import type { PluginCase } from './plugin-case'

/** Packages that create the schema themselves. `classes.test.ts` tests them with the apps. */
export const classPackages: Pick<PluginCase, 'name' | 'note' | 'verdict'>[] = [
  {
    name: '@nestjs/mongoose',
    note: 'Apply the plugin to what `SchemaFactory.createForClass()` gives, or in `MongooseModule.forFeatureAsync`.',
  },
  {
    name: '@typegoose/typegoose',
    note: 'Apply the plugin to what `buildSchema()` gives, or with `@plugin(clerkSyncPlugin)`. Version 13 itself refuses mongoose 8; version 12 is for it.',
    verdict: { 8: 'does not load' },
  },
]
