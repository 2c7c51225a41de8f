import { type Model, Schema } from 'mongoose'
import type { App } from '../app'

const text = { type: String }
const base = () => ({ email: { ...text, unique: true, sparse: true }, firstName: text, lastName: text })

/** Apps whose middleware, validators and settings check every write. */
export const strictHosts: App[] = [
  {
    name: 'unknown paths throw',
    schema: () =>
      new Schema({ ...base(), plan: { ...text, default: 'free' } }, { strict: 'throw', strictQuery: 'throw' }),
    defaults: { plan: 'free' },
  },
  {
    name: 'no version key, no id, a shard of its own',
    schema: () => new Schema({ ...base(), region: { ...text, default: 'eu' } }, { versionKey: false, id: false }),
    defaults: { region: 'eu' },
  },
  {
    name: 'versions that guard against lost updates',
    schema: () => new Schema({ ...base(), notes: [text] }, { optimisticConcurrency: true, timestamps: true }),
    defaults: { notes: [] },
  },
  {
    name: 'validators run for every update, by middleware',
    schema: () => {
      const schema = new Schema({ ...base(), age: { type: Number, min: 0 } })
      schema.pre(['updateOne', 'findOneAndUpdate', 'updateMany'], function () {
        this.setOptions({ runValidators: true, context: 'query' })
      })
      return schema
    },
  },
  {
    name: 'middleware that gives duplicate keys a message of its own',
    schema: () => {
      const schema = new Schema(base())
      const rewrite = (error: Error, _result: unknown, next: (error?: Error) => void) =>
        next(/E11000/.test(error.message) ? new Error('That address is taken.') : error)
      for (const method of ['save', 'updateOne', 'findOneAndUpdate'] as const)
        schema.post(method as 'updateOne', rewrite)
      return schema
    },
  },
  {
    name: 'a validator that looks the address up',
    schema: () => {
      const schema = new Schema({ ...base(), username: { ...text, unique: true, sparse: true } })
      let model: Model<unknown> | undefined
      schema.on('init', (made: Model<unknown>) => {
        model = made
      })
      schema.path('email').validate(async (email: unknown) => !email || !(await model?.findOne({ email })), 'Taken.')
      return schema
    },
  },
  {
    name: 'a validator that asks the document’s model, and counts others alone',
    schema: () => {
      const schema = new Schema(base())
      schema.path('email').validate(async function (this: { constructor: unknown; _id: unknown }, email: unknown) {
        const model = this.constructor as Model<unknown>
        return !email || (await model.countDocuments({ email, _id: { $ne: this._id } })) === 0
      }, 'Taken.')
      return schema
    },
  },
  {
    name: 'one tenant’s queries, narrowed by middleware',
    schema: () => {
      const schema = new Schema({ ...base(), tenant: { ...text, default: 'acme' } })
      schema.pre(['find', 'findOne', 'countDocuments', 'deleteOne', 'deleteMany'], function () {
        this.where({ tenant: 'acme' })
      })
      return schema
    },
    legacy: { tenant: 'acme' },
    hidden: { tenant: 'other' },
    defaults: { tenant: 'acme' },
  },
]
