import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { manifest, nextApp, projectWith } from './init-project'

const schemaOf = (name: string, fields = '') => `import { model, Schema } from 'mongoose'

const ${name.toLowerCase()}Schema = new Schema({ ${fields} })
export const ${name} = model('${name}', ${name.toLowerCase()}Schema)
`

describe('init --organizations', () => {
  it('writes models of organizations and memberships, and passes them to createClerkSync', async () => {
    const project = await projectWith(nextApp)
    const { code, stdout } = await project.init('--organizations', '--yes')
    expect(code).toBe(0)
    expect(
      await project.read('models/organization.ts'),
    ).toBe(`import { clerkOrganizationModel, clerkOrganizationPlugin } from 'clerk-mongo-sync/mongoose'
import { Schema } from 'mongoose'

const organizationSchema = new Schema({
  slug: { type: String, unique: true, sparse: true },
})
organizationSchema.plugin(clerkOrganizationPlugin)
export const Organization = clerkOrganizationModel('Organization', organizationSchema)
`)
    expect(
      await project.read('models/membership.ts'),
    ).toBe(`import { clerkMembershipModel, clerkMembershipPlugin } from 'clerk-mongo-sync/mongoose'
import { Schema } from 'mongoose'

const membershipSchema = new Schema({})
membershipSchema.plugin(clerkMembershipPlugin)
export const Membership = clerkMembershipModel('Membership', membershipSchema)
`)
    expect(await project.read('lib/clerk-sync.ts')).toBe(`import { createClerkSync } from 'clerk-mongo-sync'
import { connectOnce } from 'clerk-mongo-sync/mongoose'
import { User } from '@/models/user'
import { Organization } from '@/models/organization'
import { Membership } from '@/models/membership'

export const clerkSync = createClerkSync({
  users: User,
  organizations: Organization,
  memberships: Membership,
  connect: () => connectOnce(process.env.MONGODB_URI!),
})
`)
    expect(stdout).toContain('and the same three of organization and organizationMembership')
  })

  it('adds them to a project that is set up for users, once', async () => {
    const project = await projectWith(nextApp)
    await project.init('--yes')
    expect(await project.read('lib/clerk-sync.ts')).toContain('createClerkSync({ users: User, connect: ')
    const { stdout } = await project.init('--organizations', '--yes', '--json')
    expect(JSON.parse(stdout).files).toEqual([
      { path: 'models/organization.ts', action: 'create' },
      { path: 'models/membership.ts', action: 'create' },
      { path: 'lib/clerk-sync.ts', action: 'change' },
    ])
    const sync = await project.read('lib/clerk-sync.ts')
    expect(sync).toContain("import { Membership } from '@/models/membership'")
    expect(sync).toContain(
      'createClerkSync({ users: User, organizations: Organization, memberships: Membership, connect',
    )
    expect((await project.init('--organizations', '--yes')).stdout).toContain('Nothing to do')
    expect(await project.read('lib/clerk-sync.ts')).toBe(sync)
  })

  it('adds only what createClerkSync does not have, on lines of its own if users has one', async () => {
    const sync = `import { createClerkSync } from 'clerk-mongo-sync';
import { Organization } from './org';
import { users } from './users';

export const clerkSync = createClerkSync<Person>({
  // The users of the app.
  users,
  organizations: Organization,
  on: { 'user.created': () => {} },
});
`
    const project = await projectWith({ ...nextApp, 'src/clerk.ts': sync })
    await project.init('--organizations', '--yes')
    expect(await project.read('src/clerk.ts')).toContain(`  users,
  memberships: Membership,
  organizations: Organization,`)
    expect(await project.files()).not.toContain('models/organization.ts')
    expect(await project.files()).toContain('models/membership.ts')
  })

  it('prints what to pass if the source does not show the options', async () => {
    const sync =
      "import { createClerkSync } from 'clerk-mongo-sync'\nexport const clerkSync = createClerkSync(options)\n"
    const project = await projectWith({ ...nextApp, 'lib/clerk-sync.ts': sync })
    const { stdout } = await project.init('--organizations', '--yes')
    expect(stdout).toContain('Pass the models to createClerkSync in lib/clerk-sync.ts:')
    expect(stdout).toContain('    memberships: Membership,')
    expect(await project.read('lib/clerk-sync.ts')).toBe(sync)
  })

  it('adds the plugins to the models that the app has', async () => {
    const project = await projectWith({
      ...nextApp,
      'models/org.ts': schemaOf('Organisation', 'name: String'),
      'models/member.ts': schemaOf('OrganizationMember', 'password: String'),
    })
    await project.init('--organizations', '--yes')
    expect(await project.read('models/org.ts')).toContain(
      'organisationSchema.plugin(clerkOrganizationPlugin)\nexport const Organisation',
    )
    expect(await project.read('models/member.ts')).toContain(
      "import { clerkMembershipPlugin } from 'clerk-mongo-sync/mongoose'",
    )
    expect(await project.read('models/member.ts')).toContain('organizationmemberSchema.plugin(clerkMembershipPlugin)\n')
    expect(await project.read('lib/clerk-sync.ts')).toContain('organizations: Organisation')
    expect(await project.read('lib/clerk-sync.ts')).toContain('memberships: OrganizationMember')
    expect(await project.files()).not.toContain('models/organization.ts')
  })

  it('prints the lines for the further models of one file', async () => {
    const models = ['User', 'Organization', 'Membership'].map((name) => schemaOf(name).split('\n').slice(2).join('\n'))
    const text = `import { model, Schema } from 'mongoose'\n\n${models.join('\n')}`
    const project = await projectWith({ ...nextApp, 'models/all.ts': text })
    const { stdout } = await project.init('--organizations', '--yes')
    const stored = await project.read('models/all.ts')
    expect(stored).toContain('userSchema.plugin(clerkSyncPlugin)')
    expect(stored).not.toContain('Organization'.concat('Plugin'))
    expect(stdout).toContain('    organizationSchema.plugin(clerkOrganizationPlugin)')
    expect(stdout).toContain('    membershipSchema.plugin(clerkMembershipPlugin)')
  })

  it('asks which of several models it is, until one has the plugin', async () => {
    const project = await projectWith({
      ...nextApp,
      'models/a.ts': schemaOf('Organization'),
      'models/b.ts': schemaOf('Organizations'),
    })
    const { code, stderr } = await project.init('--organizations', '--yes')
    expect(code).toBe(64)
    expect(stderr).toContain('those of organizations: Organization in models/a.ts, Organizations in models/b.ts.')
    const chosen = schemaOf('Organization').replace(
      'export',
      'organizationSchema.plugin(clerkOrganizationPlugin)\nexport',
    )
    await writeFile(join(project.path, 'models/a.ts'), chosen)
    expect(await project.init('--organizations', '--yes')).toMatchObject({ code: 0 })
    expect(await project.read('models/a.ts')).toBe(chosen)
  })

  it('makes models of the schemas of a NestJS app', async () => {
    const entity = (name: string) => `import { Prop, Schema, SchemaFactory } from '@nestjs/mongoose'

@Schema()
export class ${name} {
  @Prop() name: string
}
export const ${name}Schema = SchemaFactory.createForClass(${name})
`
    const project = await projectWith({
      'package.json': manifest(['@nestjs/core', '@nestjs/mongoose', 'mongoose']),
      'tsconfig.json': {},
      'src/user.ts': entity('User'),
      'src/organization.ts': entity('Organization'),
    })
    await project.init('--organizations', '--yes')
    expect(await project.read('src/organization.ts')).toContain('OrganizationSchema.plugin(clerkOrganizationPlugin)')
    expect(await project.read('src/lib/clerk-organizations.ts')).toContain(
      "export const ClerkOrganizations = clerkOrganizationModel('Organization', OrganizationSchema)",
    )
    expect(await project.read('src/lib/clerk-sync.ts')).toContain('organizations: ClerkOrganizations')
  })
})

describe('init without --organizations', () => {
  it.each([
    ["import { OrganizationSwitcher } from '@clerk/nextjs'\nexport default () => <OrganizationSwitcher />\n", true],
    ["import { auth } from '@clerk/nextjs/server'\nexport const of = async () => (await auth()).orgId\n", true],
    ["import { auth } from '@clerk/nextjs/server'\nexport const of = async () => (await auth()).userId\n", false],
    ['export const orgId = 1\n', false],
  ])('says how to store the organizations that the app uses: %s', async (text, isSaid) => {
    const project = await projectWith({ ...nextApp, 'app/page.tsx': text })
    const { stdout } = await project.init('--yes')
    expect(stdout.includes('app/page.tsx:2 uses organizations of Clerk')).toBe(isSaid)
    await project.init('--organizations', '--yes')
    expect((await project.init()).stdout).toContain('Nothing to do')
  })
})
