import { describe, expect, it } from 'vitest'
import { classes, typegooseApp } from './models/classes'
import { runApps } from './run-apps'

const isMongoose8 = process.env.MONGOOSE === '8'

runApps('apps_classes', isMongoose8 ? classes : [...classes, typegooseApp])

describe.runIf(isMongoose8)('typegoose 13', () => {
  it('does not load on mongoose 8 by itself', () => {
    expect(() => typegooseApp.schema()).toThrow('Please use mongoose 9')
  })
})
