import { createRequire } from 'node:module'
import 'reflect-metadata'
import { Prop, SchemaFactory, Schema as SchemaOf } from '@nestjs/mongoose'
import { Schema } from 'mongoose'
import type { App } from '../app'
import '../same-mongoose'

const require = createRequire(import.meta.url)

/** Applies a decorator in the way of TypeScript's output. */
type Decorate = (options?: object) => (target: object, property: string) => void

interface Typegoose {
  prop: Decorate
  modelOptions(options: object): (target: object) => void
  buildSchema(target: object): Schema
}

/** Apps whose model is a class. */
export const classes: App[] = [
  {
    name: 'NestJS: a class with @Prop, by SchemaFactory',
    schema() {
      class User {}
      Prop({ type: String, unique: true, sparse: true })(User.prototype, 'email')
      Prop({ type: String })(User.prototype, 'firstName')
      Prop({ type: String })(User.prototype, 'lastName')
      Prop({ type: String, enum: ['user', 'admin'], default: 'user' })(User.prototype, 'role')
      Prop({ type: [{ type: Schema.Types.ObjectId, ref: 'Cat' }] })(User.prototype, 'cats')
      SchemaOf({ timestamps: true })(User)
      return SchemaFactory.createForClass(User) as unknown as Schema
    },
    defaults: { role: 'user', cats: [] },
  },
]

/** The class of an app with typegoose, which needs mongoose 9. */
export const typegooseApp: App = {
  name: 'typegoose: a class with @prop',
  schema() {
    const { prop, modelOptions, buildSchema }: Typegoose = require('@typegoose/typegoose')
    class User {
      get fullName() {
        return 'of the class'
      }
    }
    prop({ type: () => String, unique: true, sparse: true, lowercase: true })(User.prototype, 'email')
    prop({ type: () => String })(User.prototype, 'firstName')
    prop({ type: () => String })(User.prototype, 'lastName')
    prop({ type: () => [String], default: ['reader'] })(User.prototype, 'roles')
    modelOptions({ schemaOptions: { timestamps: true } })(User)
    return buildSchema(User)
  },
  defaults: { roles: ['reader'] },
}
