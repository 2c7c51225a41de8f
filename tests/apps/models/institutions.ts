import { mapClerkUser } from 'clerk-mongo-sync'
import { Schema } from 'mongoose'
import type { App } from '../app'
import { fullName } from './full-name'

const text = { type: String }

/** Apps of organizations, with rules and documents from before Clerk. */
export const institutions: App[] = [
  {
    name: 'hospital: roles, and values required of local accounts alone',
    schema: () =>
      new Schema(
        {
          clerkId: { ...text, unique: true, sparse: true },
          email: { ...text, unique: true, required: true, match: /^[^@\s]+@[^@\s]+$/ },
          firstName: text,
          lastName: text,
          role: { ...text, enum: ['patient', 'doctor', 'admin'], default: 'patient' },
          phone: { ...text, required: unlessFromClerk },
          dateOfBirth: { type: Date, required: unlessFromClerk },
          emergencyContact: { name: text, phone: text },
          allergies: [{ substance: text, severity: { ...text, enum: ['mild', 'severe'] } }],
        },
        { timestamps: true },
      ),
    defaults: { role: 'patient', allergies: [] },
  },
  {
    name: 'multi-tenant: an address is unique in its tenant',
    schema: () => {
      const schema = new Schema({
        tenantId: { ...text, default: 'main', required: true, index: true },
        email: { ...text, lowercase: true },
        username: text,
        firstName: text,
        lastName: text,
      })
      schema.index({ tenantId: 1, email: 1 }, { unique: true })
      return schema
    },
    defaults: { tenantId: 'main' },
  },
  {
    name: 'team tool: rows invited by e-mail',
    schema: () =>
      new Schema(
        {
          email: { ...text, unique: true, required: true, lowercase: true },
          firstName: text,
          lastName: text,
          status: { ...text, enum: ['invited', 'active'], default: 'invited' },
          role: { ...text, enum: ['viewer', 'editor'], default: 'viewer' },
          invitedBy: { type: Schema.Types.ObjectId, ref: 'User' },
        },
        { timestamps: true },
      ),
    options: { linkBy: 'verified-email' },
    invited: (email) => ({ email, status: 'invited', role: 'editor' }),
    defaults: { status: 'invited', role: 'viewer' },
  },
  {
    name: 'library: local accounts with a required passwordHash, which the plugin finds by itself',
    schema: () =>
      new Schema({
        email: { ...text, unique: true, required: true },
        username: { ...text, unique: true, sparse: true },
        passwordHash: { ...text, required: true, select: false },
        firstName: text,
        lastName: text,
        loans: { type: Number, default: 0 },
      }),
    options: { linkBy: 'verified-email' },
    invited: (email) => ({ email, passwordHash: '$2b$10$hash', loans: 3, authProvider: 'local' }),
    defaults: { loans: 0 },
  },
  {
    name: 'school: a required password with a least length',
    schema: () =>
      new Schema({
        email: { ...text, unique: true, required: [true, 'An address is needed.'] },
        password: { ...text, required: [true, 'A password is needed.'], minlength: 8 },
        firstName: text,
        lastName: text,
        grade: { type: Number, min: 1, max: 12, default: 1 },
      }),
    defaults: { grade: 1 },
  },
  {
    name: 'documents of next-auth adopted',
    schema: () =>
      new Schema({
        name: text,
        email: { ...text, unique: true, sparse: true },
        emailVerified: { type: Date, default: null },
        image: text,
      }),
    options: {
      paths: { imageUrl: 'image' },
      linkBy: 'verified-email',
      mapUser: (user) => ({ ...mapClerkUser(user), name: fullName(user, 'User') }),
    },
    mapped: (user) => ({ name: fullName(user, 'User') }),
    invited: (email) => ({ email, name: 'Old Name', emailVerified: new Date(0), image: null }),
    legacy: { name: null, image: null, emailVerified: null },
    defaults: { emailVerified: null },
  },
  {
    name: 'clinic: names beneath a parent that is null in old rows',
    schema: () =>
      new Schema({
        email: { ...text, unique: true, sparse: true },
        name: { first: text, last: text, title: { ...text, default: 'Mx' } },
        avatar: { url: text, isModerated: { type: Boolean, default: false } },
      }),
    options: {
      paths: { firstName: 'name.first', lastName: 'name.last', imageUrl: 'avatar.url' },
      linkBy: 'verified-email',
    },
    legacy: { name: null, avatar: null },
    invited: (email) => ({ email, name: null, avatar: null }),
    defaults: { 'name.title': 'Mx', 'avatar.isModerated': false },
  },
  {
    name: 'bank: names in a subdocument with a schema of its own',
    schema: () =>
      new Schema({
        email: { ...text, unique: true, sparse: true },
        profile: new Schema({ firstName: text, lastName: text, level: { type: Number, default: 1 } }, { _id: false }),
        accounts: [{ iban: text, balance: { type: Schema.Types.Decimal128, default: '0.00' } }],
      }),
    options: { paths: { firstName: 'profile.firstName', lastName: 'profile.lastName' }, linkBy: 'verified-email' },
    invited: (email) => ({ email, profile: null, accounts: [{ iban: 'DE00' }] }),
    legacy: { profile: null },
    defaults: { 'profile.level': 1, accounts: [] },
  },
  {
    name: 'charity: moved from Firebase, Clerk’s id as uid, ids of the app’s own making',
    schema: () =>
      new Schema({
        _id: { ...text, default: () => `don_${crypto.randomUUID()}` },
        uid: { ...text, unique: true, sparse: true },
        email: { ...text, unique: true, sparse: true },
        displayName: text,
        phone: { ...text, unique: true, sparse: true },
        donated: { type: Number, default: 0 },
      }),
    options: {
      paths: { clerkId: 'uid' },
      mapUser: (user) => ({ ...mapClerkUser(user), displayName: fullName(user, 'Donor') }),
    },
    mapped: (user) => ({ displayName: fullName(user, 'Donor') }),
    encoded: ['_id'],
    defaults: { donated: 0 },
  },
]

function unlessFromClerk(this: { clerkId?: string }): boolean {
  return !this.clerkId
}
