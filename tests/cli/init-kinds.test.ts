import { mkdir, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Finding } from 'clerk-mongo-sync'
import { beforeEach, describe, expect, it } from 'vitest'
import { uriOf, useDatabase } from '../support/database'
import { builtPackage } from './built-package'
import { runCli } from './cli'
import { type Folder, manifest, nextApp, projectWith } from './init-project'
import { driverApp, monorepo, nestApp, schemas, typegooseApp } from './kinds-of-apps'

const db = useDatabase('cli_init_kinds')
beforeEach(() => db.connection.dropDatabase())

/** Links packages into node_modules. */
async function install(folder: string, ...names: string[]): Promise<void> {
  const targets = names.map((name) => [name, fileURLToPath(new URL(`../../node_modules/${name}`, import.meta.url))])
  for (const [name = '', target = ''] of [...targets, ['clerk-mongo-sync', await builtPackage()]]) {
    const link = join(folder, 'node_modules', name)
    await mkdir(dirname(link), { recursive: true })
    await symlink(target, link, 'junction')
  }
}

/** The findings of doctor about the schema, after the sample users were stored. */
async function judged(cwd: string): Promise<Finding[]> {
  const env = { MONGODB_URI: uriOf('test_cli_init_kinds') }
  const { stdout } = await runCli(['doctor', '--probe', '--json'], { cwd, env })
  const { findings } = JSON.parse(stdout) as { findings: Finding[] }
  const about = ['config', 'schema', 'rules', 'probe', 'unfilled_paths', 'value_indexes']
  return findings.filter(({ check, verdict }) => about.includes(check) && verdict !== 'ok')
}

const taken = async (project: Folder) => {
  expect(await project.init('--yes')).toMatchObject({ code: 0, stderr: '' })
  return project
}

describe('init for a schema with its own names', () => {
  const withModel = async (text: string) => taken(await projectWith({ ...nextApp, 'lib/models/user.ts': text }))

  it.each([
    [
      'a picture under another name',
      schemas.imaginify,
      'UserSchema.plugin(clerkSyncPlugin, { paths: { imageUrl: "photo" } });\n',
    ],
    [
      "Clerk's id under another name, and a name in one piece",
      schemas.threads,
      `userSchema.plugin(clerkSyncPlugin, {
  paths: { clerkId: "id", imageUrl: "image" },
  mapUser: (user) => ({
    ...mapClerkUser(user),
    name: [user.first_name, user.last_name].filter(Boolean).join(" ") || user.username || "Unnamed",
  }),
});
`,
    ],
    [
      "Clerk's id as _id",
      schemas.lms,
      `userSchema.plugin(clerkSyncPlugin, {
  paths: { clerkId: '_id' },
  mapUser: (user) => ({
    ...mapClerkUser(user),
    name: [user.first_name, user.last_name].filter(Boolean).join(' ') || user.username || 'Unnamed',
  }),
})
`,
    ],
    [
      'names in another manner',
      schemas.snakeCase,
      `userSchema.plugin(clerkSyncPlugin, {
  paths: {
    clerkId: 'auth_id',
    email: 'email_address',
    firstName: 'first_name',
    lastName: 'last_name',
    imageUrl: 'profile.avatar_url',
  },
  passwordPath: 'password_hash',
})
`,
    ],
  ])('configures the names, and every user is stored: %s', async (_what, schema, plugging) => {
    const project = await withModel(schema)
    expect(await project.read('lib/models/user.ts')).toContain(plugging)
    await install(project.path, 'mongoose')
    expect(await judged(project.path)).toEqual([])
  })

  it('recognises an _id that the app generates', async () => {
    const made = schemas.lms.replace('_id: { type: String, required: true }', '_id: { type: String, default: nanoid }')
    const project = await withModel(made)
    expect(await project.read('lib/models/user.ts')).not.toContain("'_id'")
  })

  it('prints the options in the lines to add if their place is unclear', async () => {
    const project = await projectWith({
      ...nextApp,
      'models/schema.ts':
        "import { Schema } from 'mongoose'\nexport const userSchema = new Schema({ photo: String })\n",
      'models/user.ts':
        "import { model } from 'mongoose'\nimport { userSchema } from './schema'\n\nexport const User = model('User', userSchema)\n",
    })
    const { stdout } = await project.init('--dry-run')
    expect(stdout).toContain("userSchema.plugin(clerkSyncPlugin, { paths: { imageUrl: 'photo' } })")
  })
})

describe('init for a class', () => {
  it('of typegoose adds the plugin by a decorator', async () => {
    const project = await taken(await projectWith(typegooseApp))
    expect(await project.read('src/models/user.model.ts')).toContain(
      `import { getModelForClass, index, modelOptions, prop, plugin } from '@typegoose/typegoose'
import { mapClerkUser } from 'clerk-mongo-sync'
import { clerkSyncPlugin } from 'clerk-mongo-sync/mongoose'
`,
    )
    expect(await project.read('src/models/user.model.ts')).toContain(`@plugin(clerkSyncPlugin, {
  paths: { imageUrl: 'avatar' },
  mapUser: (user) => ({
    ...mapClerkUser(user),
    name: [user.first_name, user.last_name].filter(Boolean).join(' ') || user.username || 'Unnamed',
  }),
})
export class User {
`)
    expect(await project.read('src/lib/clerk-sync.ts')).toContain("import { UserModel } from '../models/user.model'")
    await install(project.path, 'mongoose', '@typegoose/typegoose')
    expect(await judged(project.path)).toEqual([])
    expect((await project.init()).stdout).toContain('Nothing to do')
  })

  it('of typegoose finds the file of the class by the name of its model elsewhere', async () => {
    const { 'src/models/user.model.ts': model, ...rest } = typegooseApp
    const [classes = ''] = model.split('\nexport const UserModel')
    const project = await taken(
      await projectWith({
        ...rest,
        'src/models/user.class.ts': classes,
        'src/models/user.model.ts':
          "import { getModelForClass } from '@typegoose/typegoose'\nimport { User } from './user.class'\n\nexport default getModelForClass(User, { options: { customName: 'Account' } })\n",
      }),
    )
    expect(await project.read('src/models/user.class.ts')).toContain('@plugin(clerkSyncPlugin, {')
    expect(await project.read('src/lib/clerk-sync.ts')).toContain("import UserModel from '../models/user.model'")
  })

  it('of NestJS adds the plugin to its schema, and a model for the route and the command line', async () => {
    const project = await taken(await projectWith(nestApp))
    expect(await project.read('src/users/schemas/user.schema.ts')).toContain(
      `export const UserSchema = SchemaFactory.createForClass(User);
UserSchema.plugin(clerkSyncPlugin, {
  paths: { imageUrl: 'picture' },
`,
    )
    expect(await project.read('src/main.ts')).toContain(`    cors: true,
  });
  // Runs before the body parser of NestJS: signatures are checked on the raw body.
  app.use('/api/webhooks/clerk', toExpressHandler(clerkSync));
`)
    expect(await project.read('src/lib/clerk-users.ts')).toContain("clerkModel('User', UserSchema)")
    expect(await project.read('src/lib/clerk-sync.ts')).toContain("{ dbName: 'nest' }")
    await install(project.path, 'mongoose', '@nestjs/mongoose', '@nestjs/common', '@nestjs/core')
    expect(await judged(project.path)).toEqual([])
    expect((await project.init()).stdout).toContain('Nothing to do')
  })

  it('of NestJS on Fastify adds our module to the root module', async () => {
    const { 'package.json': _, ...rest } = nestApp
    const dependencies = ['@nestjs/core', '@nestjs/mongoose', '@nestjs/platform-fastify', 'mongoose', 'typescript']
    const project = await projectWith({ ...rest, 'package.json': manifest(dependencies) })
    const { stdout } = await project.init('--yes')
    const root = await project.read('src/app.module.ts')
    expect(root).toContain(`import { UsersModule } from './users/users.module';
import { ClerkSyncModule } from 'clerk-mongo-sync/nestjs';
import { clerkSync } from './lib/clerk-sync';
`)
    // Below the global prefix `api` of the app.
    expect(root).toContain("imports: [ClerkSyncModule.forRoot(clerkSync, '/webhooks/clerk'), MongooseModule.forRoot(")
    expect(stdout).toContain('/api/webhooks/clerk with user.created')
    expect(await project.read('src/main.ts')).toBe(nestApp['src/main.ts'])
    expect((await project.init()).stdout).toContain('Nothing to do')
  })

  it('of NestJS on Fastify prints what to add if the root module has another form', async () => {
    const { 'package.json': _, 'src/app.module.ts': __, ...rest } = nestApp
    const project = await projectWith({
      ...rest,
      'package.json': manifest(['@nestjs/core', '@nestjs/platform-fastify', 'mongoose', 'typescript']),
      'src/app.module.ts': "import { Module } from '@nestjs/common'\n@Module(options)\nexport class AppModule {}\n",
    })
    const { stdout } = await project.init('--yes')
    expect(stdout).toContain("@Module({ imports: [ClerkSyncModule.forRoot(clerkSync, '/webhooks/clerk')] })")
  })
})

describe('init in a repository of several packages', () => {
  it('lists the apps and what to type if there is no terminal', async () => {
    const project = await projectWith(monorepo)
    const { code, stderr } = await project.init('--yes')
    expect(code).toBe(64)
    expect(stderr).toContain('cd apps/api && npx clerk-mongo-sync init')
    expect(stderr).toContain('cd apps/web && npx clerk-mongo-sync init')
    expect(stderr).not.toContain('admin')
    expect(await project.files()).toEqual(Object.keys(monorepo).sort())
  })

  it('works in the only app, and prints where', async () => {
    const { 'apps/web/package.json': _, ...rest } = monorepo
    const project = await projectWith(rest)
    const { stdout } = await project.init('--yes')
    expect(stdout).toContain('In apps/api:')
    expect(stdout).toContain('cd apps/api')
    expect(await project.read('apps/api/clerk-sync.config.js')).toContain("from './lib/clerk-sync.js'")
  })

  it('works in the app beside a client if the root is no app', async () => {
    const project = await projectWith({
      'package.json': { private: true, scripts: { dev: 'concurrently …' } },
      'client/package.json': manifest(['react', 'vite']),
      'server/package.json': manifest(['express', 'mongoose']),
      'server/index.js': "const express = require('express')\n\nconst app = express()\napp.listen(5000)\n",
    })
    expect((await project.init('--yes')).stdout).toContain('In server:')
    expect(await project.read('server/index.js')).toContain('toExpressHandler(clerkSync)')
  })

  const inWeb = (path: string, ...args: string[]) => runCli(['init', ...args], { cwd: join(path, 'apps/web') })

  it.each([
    ['found by itself', []],
    ['named', ['--model', '../../packages/db/src/models/user.ts']],
  ])('uses the model of another package, imported by its name: %s', async (_what, args) => {
    const project = await projectWith(monorepo)
    const { code, stdout } = await inWeb(project.path, '--yes', ...args)
    expect(code).toBe(0)
    expect(stdout).toContain('Install it there as well')
    expect(await project.read('packages/db/src/models/user.ts')).toContain("{ paths: { imageUrl: 'photo' } })")
    expect(await project.read('apps/web/lib/clerk-sync.ts')).toContain("import { User } from '@repo/db/models/user'")
    expect(await project.read('apps/web/lib/clerk-sync.ts')).toContain("import { connectDatabase } from '@repo/db'")
    await install(project.path, 'mongoose')
    await mkdir(join(project.path, 'node_modules/@repo'))
    await symlink(join(project.path, 'packages/db'), join(project.path, 'node_modules/@repo/db'), 'junction')
    expect(await judged(join(project.path, 'apps/web'))).toEqual([])
  })

  it('uses the model named from the root if the root has one app', async () => {
    const { 'apps/api/package.json': _, ...rest } = monorepo
    const project = await projectWith(rest)
    expect((await project.init('--yes', '--model', 'packages/db/src/models/user.ts')).code).toBe(0)
    expect(await project.read('apps/web/lib/clerk-sync.ts')).toContain("import { User } from '@repo/db/models/user'")
  })

  const dbPackage = (exports: object) => ({ name: '@repo/db', dependencies: { mongoose: '9' }, ...exports })
  it.each([
    [
      'an entry that exports it again',
      { main: './dist/index.js' },
      "export * from './models/user'\n",
      "import { User } from '@repo/db'",
    ],
    [
      'an entry that gives it another name',
      { exports: { './users': { types: './src/index.ts', default: './dist/index.js' } } },
      "export { User as Person } from './models/user'\n",
      "import { Person } from '@repo/db/users'",
    ],
    ['no exports', { main: './src/index.ts' }, '', "import { User } from '@repo/db/src/models/user'"],
    [
      'exports without it',
      { exports: { '.': './src/index.ts' } },
      '',
      "import { User } from '../../../packages/db/src/models/user'",
    ],
  ])('imports the model as its package allows: %s', async (_what, more, index, line) => {
    const project = await projectWith({
      ...monorepo,
      'packages/db/package.json': dbPackage(more),
      'packages/db/src/index.ts': index,
    })
    await inWeb(project.path, '--yes')
    expect(await project.read('apps/web/lib/clerk-sync.ts')).toContain(line)
  })

  it('imports by a relative path if the package is no dependency of the app', async () => {
    const project = await projectWith({ ...monorepo, 'apps/web/package.json': manifest(['next']) })
    await inWeb(project.path, '--yes', '--model', '../../packages/db/src/models/user.ts')
    expect(await project.read('apps/web/lib/clerk-sync.ts')).toContain("from '../../../packages/db/src/models/user'")
  })

  it('refuses a model file that does not exist', async () => {
    const project = await projectWith(monorepo)
    const { code, stderr } = await inWeb(project.path, '--model', '../../packages/db/src/nobody.ts')
    expect(code).toBe(64)
    expect(stderr).toContain('the file ../../packages/db/src/nobody.ts does not exist')
  })
})

describe('init in an app with the native driver only', () => {
  it('explains what mongoose is for, and writes a model of the collection that the app uses', async () => {
    const project = await projectWith(driverApp)
    const { stdout } = await project.init('--yes')
    expect(stdout).toContain('uses the native driver')
    expect(stdout).toContain('npm install clerk-mongo-sync mongoose')
    expect(await project.read('src/lib/clerk-sync.js')).toContain(
      "connectOnce(process.env.MONGODB_URI, { dbName: 'shop' })",
    )
    expect(await project.read('src/models/user.js')).toContain("{ collection: 'people' }")
  })

  it('makes doctor explain the missing mongoose', async () => {
    const project = await projectWith(driverApp)
    await install(project.path, 'mongodb')
    const { stdout } = await runCli(['doctor'], { cwd: project.path })
    expect(stdout).toContain('npm install mongoose, in addition to the driver (mongodb)')
  })
})
