import { mapClerkUser } from 'clerk-mongo-sync'
import { Schema } from 'mongoose'
import type { App } from '../app'
import { fullName } from './full-name'

const text = { type: String }

/** Community apps. */
export const communities: App[] = [
  {
    name: 'threads: Clerk’s id as a path named id, a biography, communities',
    schema: () =>
      new Schema({
        id: { ...text, required: true, unique: true },
        username: { ...text, unique: true, required: true },
        name: { ...text, required: true },
        image: text,
        bio: text,
        threads: [{ type: Schema.Types.ObjectId, ref: 'Thread' }],
        onboarded: { type: Boolean, default: false },
        communities: [{ type: Schema.Types.ObjectId, ref: 'Community' }],
      }),
    options: {
      paths: { clerkId: 'id', imageUrl: 'image' },
      mapUser: (user) => ({ ...mapClerkUser(user), name: fullName(user, 'Member') }),
    },
    mapped: (user) => ({ name: fullName(user, 'Member') }),
    defaults: { threads: [], onboarded: false, communities: [] },
  },
  {
    name: 'chat: presence, blocked users, settings, a ban that comes from Clerk',
    schema: () =>
      new Schema(
        {
          email: { ...text, unique: true, sparse: true },
          username: { ...text, unique: true, sparse: true, minlength: 3 },
          firstName: text,
          lastName: text,
          isBanned: { type: Boolean, default: false },
          presence: { state: { ...text, enum: ['online', 'away', 'offline'], default: 'offline' }, seenAt: Date },
          blocked: [{ type: Schema.Types.ObjectId, ref: 'User' }],
          settings: new Schema({ sound: { type: Boolean, default: true } }, { _id: false }),
        },
        { timestamps: true },
      ),
    options: { mapUser: (user) => ({ ...mapClerkUser(user), isBanned: user.banned }) },
    mapped: (user) => ({ isBanned: user.banned }),
    defaults: { 'presence.state': 'offline', blocked: [] },
  },
  {
    name: 'forum: snake_case throughout',
    schema: () =>
      new Schema(
        {
          clerk_id: { ...text, unique: true, sparse: true },
          email_address: { ...text, unique: true, required: true },
          user_name: { ...text, unique: true, sparse: true },
          first_name: text,
          last_name: text,
          avatar_url: text,
          is_active: { type: Boolean, default: true },
        },
        { timestamps: { createdAt: 'created_at', updatedAt: 'updated_at' }, collection: 'forum_members' },
      ),
    options: {
      paths: {
        clerkId: 'clerk_id',
        email: 'email_address',
        username: 'user_name',
        firstName: 'first_name',
        lastName: 'last_name',
        imageUrl: 'avatar_url',
        authProvider: 'auth_provider',
        syncStatus: 'sync_status',
        syncError: 'sync_error',
        lastClerkSync: 'last_clerk_sync',
        clerkUpdatedAt: 'clerk_updated_at',
        clerkDeletedAt: 'clerk_deleted_at',
      },
    },
    defaults: { is_active: true },
  },
  {
    name: 'blog: a base model with discriminators whose key is role',
    schema: () => {
      const schema = new Schema(
        { email: { ...text, unique: true, sparse: true }, username: text, firstName: text, lastName: text },
        { discriminatorKey: 'role', timestamps: true },
      )
      schema.discriminator('Author', new Schema({ articles: { type: Number, default: 0 } }))
      schema.discriminator('Editor', new Schema({ desk: { ...text, required: true } }))
      return schema
    },
    options: { linkBy: 'verified-email' },
    invited: (email) => ({ email, role: 'Editor', desk: 'News' }),
    legacy: { role: 'Author', articles: 3 },
  },
  {
    name: 'portfolio: short names with aliases, virtuals, a transform for JSON',
    schema: () => {
      const schema = new Schema(
        {
          e: { ...text, alias: 'email', unique: true, sparse: true },
          f: { ...text, alias: 'firstName' },
          l: { ...text, alias: 'lastName' },
          p: { ...text, alias: 'imageUrl' },
          skills: { type: [String], default: ['typing'] },
        },
        { toJSON: { virtuals: true, transform: (_doc, json) => ({ ...json, secret: undefined }) } },
      )
      schema.virtual('fullName').get(function () {
        return `${this.get('f')} ${this.get('l')}`
      })
      return schema
    },
    options: { paths: { email: 'e', firstName: 'f', lastName: 'l', imageUrl: 'p' } },
    defaults: { skills: ['typing'] },
  },
  {
    name: 'dating: a place on the map that is absent at first, a handle and a picture made from the profile',
    schema: () => {
      const schema = new Schema({
        email: { ...text, unique: true, sparse: true },
        firstName: text,
        lastName: text,
        handle: {
          ...text,
          default(this: { email?: string }) {
            return (this.email ?? 'someone@example.com').split('@')[0]
          },
        },
        picture: {
          ...text,
          default(this: { firstName?: string }) {
            return `https://avatars.example.com/?name=${this.firstName}`
          },
        },
        location: {
          type: { ...text, enum: ['Point'] },
          coordinates: { type: [Number], default: undefined },
        },
      })
      schema.index({ location: '2dsphere' })
      return schema
    },
    derived: ['handle', 'picture'],
  },
  {
    name: 'crypto community: a wallet, a referral code that is null at first',
    schema: () =>
      new Schema({
        email: { ...text, unique: true, sparse: true, default: '' },
        username: { ...text, unique: true, sparse: true, default: null },
        walletAddress: { ...text, unique: true, sparse: true, default: '' },
        referralCode: { ...text, unique: true, sparse: true, default: null },
        points: { type: Number, default: 0 },
      }),
    defaults: { points: 0 },
  },
]
