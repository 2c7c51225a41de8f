/** A resource of Clerk for which `init` finds or writes a model. */
export interface ModelKind {
  /** Option of `createClerkSync`. */
  option: 'users' | 'organizations' | 'memberships'
  /** Name of a new model. In lower case it is the name of its file. */
  model: string
  plugin: string
  /** The function that creates a typed model. */
  creates: string
  /** Name of a model of the app that is surely this one. */
  named: RegExp
  /** Fields of a new schema, in its source. */
  fields: readonly string[]
}

const suffix = '(class|model|schema|entity|document)?$'

/** The model of users. */
export const userKind: ModelKind = {
  option: 'users',
  model: 'User',
  plugin: 'clerkSyncPlugin',
  creates: 'clerkModel',
  named: new RegExp(`^users?${suffix}`, 'i'),
  fields: [
    'email: { type: String, unique: true, sparse: true, lowercase: true }',
    'username: { type: String, unique: true, sparse: true }',
    'firstName: String',
    'lastName: String',
  ],
}

/** The models that `--organizations` adds. */
export const organizationKinds: readonly ModelKind[] = [
  {
    option: 'organizations',
    model: 'Organization',
    plugin: 'clerkOrganizationPlugin',
    creates: 'clerkOrganizationModel',
    named: new RegExp(`^organi[sz]ations?${suffix}`, 'i'),
    fields: ['slug: { type: String, unique: true, sparse: true }'],
  },
  {
    option: 'memberships',
    model: 'Membership',
    plugin: 'clerkMembershipPlugin',
    creates: 'clerkMembershipModel',
    named: new RegExp(`^((organi[sz]ation)?memberships?|organi[sz]ationmembers?)${suffix}`, 'i'),
    fields: [],
  },
]

/** The variable with the schema of a new model. */
export const schemaOf = ({ model }: ModelKind): string => `${fileOf({ model })}Schema`

/** The name of a new model's file, without its extension. */
export const fileOf = ({ model }: Pick<ModelKind, 'model'>): string => model.toLowerCase()
