import { mapClerkUser } from 'clerk-mongo-sync'
import { Schema } from 'mongoose'
import type { App } from '../app'
import { fullName } from './full-name'

const text = { type: String }

/** Shops and media apps. */
export const shopsAndMedia: App[] = [
  {
    name: 'event booking: every field of the profile required, the image as photo',
    schema: () =>
      new Schema({
        clerkId: { ...text, required: true, unique: true },
        email: { ...text, required: true, unique: true },
        username: { ...text, required: true, unique: true },
        firstName: { ...text, required: true },
        lastName: { ...text, required: true },
        photo: { ...text, required: true },
        isBanned: { type: Boolean, default: false },
        events: [{ type: Schema.Types.ObjectId, ref: 'Event' }],
      }),
    options: { paths: { imageUrl: 'photo' } },
    needs: ['firstName', 'lastName'],
    defaults: { isBanned: false, events: [] },
  },
  {
    name: 'AI images: a balance of credits, the image as photo',
    schema: () =>
      new Schema({
        clerkId: { ...text, required: true, unique: true },
        email: { ...text, required: true, unique: true },
        username: { ...text, required: true, unique: true },
        photo: { ...text, required: true },
        firstName: text,
        lastName: text,
        planId: { type: Number, default: 1 },
        creditBalance: { type: Number, default: 10 },
      }),
    options: { paths: { imageUrl: 'photo' } },
    defaults: { planId: 1, creditBalance: 10 },
  },
  {
    name: 'shop: Clerk’s id as _id, an empty cart that is kept',
    schema: () =>
      new Schema(
        {
          _id: { ...text, required: true },
          name: { ...text, required: true },
          email: { ...text, required: true, unique: true },
          imageUrl: { ...text, required: true },
          cartItems: { type: Object, default: {} },
        },
        { minimize: false },
      ),
    options: {
      paths: { clerkId: '_id' },
      mapUser: (user) => ({ ...mapClerkUser(user), name: fullName(user, 'Customer') }),
    },
    mapped: (user) => ({ name: fullName(user, 'Customer') }),
    defaults: { cartItems: {} },
  },
  {
    name: 'shop: addresses, cart and orders in the user, a Stripe customer',
    schema: () =>
      new Schema(
        {
          email: { ...text, unique: true, sparse: true, lowercase: true, trim: true },
          firstName: { ...text, trim: true },
          lastName: { ...text, trim: true },
          role: { ...text, enum: ['customer', 'staff', 'admin'], default: 'customer' },
          addresses: [new Schema({ street: text, city: text, isDefault: { type: Boolean, default: false } })],
          cart: [{ product: { type: Schema.Types.ObjectId, ref: 'Product' }, quantity: { type: Number, min: 1 } }],
          orders: [{ type: Schema.Types.ObjectId, ref: 'Order' }],
          stripeCustomerId: { ...text, unique: true, sparse: true },
          preferences: { newsletter: { type: Boolean, default: true }, currency: { ...text, default: 'EUR' } },
        },
        { timestamps: true },
      ),
    defaults: { role: 'customer', addresses: [], cart: [], orders: [], 'preferences.currency': 'EUR' },
  },
  {
    name: 'subscriptions: plan and seats owned by MongoDB',
    schema: () =>
      new Schema(
        {
          email: { ...text, unique: true, sparse: true },
          username: { ...text, unique: true, sparse: true },
          firstName: text,
          lastName: text,
          plan: { ...text, enum: ['free', 'pro', 'team'], default: 'free' },
          seats: { type: Number, default: 1, min: 1 },
        },
        { timestamps: true },
      ),
    options: { push: { publicMetadata: ['plan', 'seats'] } },
    owned: { path: 'plan', key: 'plan', value: 'pro' },
    defaults: { plan: 'free', seats: 1 },
  },
  {
    name: 'courses: Clerk’s id as _id, a full name, enrolments',
    schema: () =>
      new Schema(
        {
          _id: { ...text, required: true },
          name: { ...text, required: true },
          email: { ...text, required: true },
          imageUrl: { ...text, required: true },
          enrolledCourses: [{ type: Schema.Types.ObjectId, ref: 'Course' }],
        },
        { timestamps: true },
      ),
    options: {
      paths: { clerkId: '_id' },
      mapUser: (user) => ({ ...mapClerkUser(user), name: fullName(user, 'Student') }),
    },
    mapped: (user) => ({ name: fullName(user, 'Student') }),
    defaults: { enrolledCourses: [] },
  },
]
