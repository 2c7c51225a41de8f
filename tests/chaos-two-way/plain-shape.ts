import { Schema } from 'mongoose'
import type { Shape } from './shape'
import { valueIn } from './value-in'

const unset = { default: undefined }
/** The owned paths, the same in every shape except the name. */
export const ownedDefinition = {
  plan: { tier: String, limits: { seats: Number, regions: { type: [String], ...unset } } },
  account: { notes: String },
  theme: String,
  hostId: { type: String, unique: true, sparse: true },
  visits: Number,
}

/** A schema without rules. */
export const plain: Shape = {
  hasEarlierRows: false,
  schema({ library, collection, options }) {
    const email = { type: String, unique: true, sparse: true }
    const schema = new Schema({ email, firstName: String, lastName: String, ...ownedDefinition }, { collection })
    schema.plugin(library.clerkSyncPlugin, options)
    return schema
  },
  pathsOf: (changes) => changes,
  mayClear: () => false,
  read: valueIn,
  faultsOf: () => [],
}
