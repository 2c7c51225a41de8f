import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { blocks } from '../support/documentation'
import { manifest, nextApp, projectWith } from './init-project'

/** The documentation's snippet for a file, without the line that names the file. */
const fromDocs = (file: string) =>
  blocks
    .find((block) => block.file === file)
    ?.code.replace(/^\/\/ .*\n/, '')
    .replace(/^.*\/\/ yours alone\n/m, '')

describe('init in a Next.js app', () => {
  it('writes the three files of the README, the config and the names of the variables', async () => {
    const project = await projectWith(nextApp)
    expect(await project.init('--yes')).toMatchObject({ code: 0, stderr: '' })
    for (const file of ['models/user.ts', 'lib/clerk-sync.ts', 'app/api/webhooks/clerk/route.ts']) {
      expect(await project.read(file)).toBe(fromDocs(file))
    }
    expect(await project.read('clerk-sync.config.ts')).toBe(
      "import { clerkSync } from './lib/clerk-sync'\n\nexport default clerkSync\n",
    )
    expect(await project.read('.env.local')).toBe('CLERK_WEBHOOK_SIGNING_SECRET=\nCLERK_SECRET_KEY=\nMONGODB_URI=\n')
  })

  it('writes into src if the app is there', async () => {
    const { 'app/page.tsx': page, ...rest } = nextApp
    const tsconfig = { compilerOptions: { paths: { '@/*': ['./src/*'] } } }
    const project = await projectWith({ ...rest, 'tsconfig.json': tsconfig, 'src/app/page.tsx': page })
    await project.init('--yes')
    expect(await project.files()).toEqual(
      expect.arrayContaining(['src/app/api/webhooks/clerk/route.ts', 'src/lib/clerk-sync.ts', 'src/models/user.ts']),
    )
    expect(await project.read('src/lib/clerk-sync.ts')).toContain("from '@/models/user'")
    expect(await project.read('clerk-sync.config.ts')).toContain("from './src/lib/clerk-sync'")
  })

  it('writes relative imports without an alias, and JavaScript without TypeScript', async () => {
    const project = await projectWith({
      'package.json': manifest(['next']),
      'app/page.js': 'export default () => null\n',
    })
    await project.init('--yes')
    expect(await project.read('app/api/webhooks/clerk/route.js')).toContain("from '../../../../lib/clerk-sync'")
    expect(await project.read('lib/clerk-sync.js')).toContain('connectOnce(process.env.MONGODB_URI) })')
  })

  it('writes the route of the Pages Router as its guide does', async () => {
    const { 'app/page.tsx': page, ...rest } = nextApp
    const project = await projectWith({ ...rest, 'pages/index.tsx': page })
    await project.init('--yes')
    expect(await project.read('pages/api/webhooks/clerk.ts')).toBe(fromDocs('pages/api/webhooks/clerk.ts'))
  })

  const proxyWith = (
    routes: string,
    condition: string,
  ) => `import { clerkMiddleware, createRouteMatcher } from '@clerk/nextjs/server'
const matches = createRouteMatcher([${routes}])
export default clerkMiddleware(async (auth, request) => {
  if (${condition}) await auth.protect()
})
`
  it.each([
    ['a list of public routes without it', "'/', '/sign-in(.*)'", '!matches(request)', true],
    ['a list of public routes with it', "'/', '/api/webhooks(.*)'", '!matches(request)', false],
    ['a list of protected routes without it', "'/dashboard(.*)'", 'matches(request)', false],
    ['a list of protected routes with it', "'/(api|trpc)(.*)'", 'matches(request)', true],
    ['no list', '', 'true', true],
  ])('warns of a proxy that protects the route: %s', async (_what, routes, condition, warns) => {
    const project = await projectWith({ ...nextApp, 'proxy.ts': proxyWith(routes, condition) })
    expect((await project.init()).stdout.includes('proxy.ts requires sign-in for routes')).toBe(warns)
  })
})

describe('init in a project that has some of its files', () => {
  it('changes nothing the second time', async () => {
    const project = await projectWith(nextApp)
    await project.init('--yes')
    const before = await project.files()
    const second = await project.init('--yes')
    expect(second).toMatchObject({ code: 0, stdout: expect.stringContaining('Nothing to do') })
    expect(await project.files()).toEqual(before)
    expect(await project.read('.env.local')).toMatch(/^(\w+=\n){3}$/)
  })

  it('writes only what is missing', async () => {
    const project = await projectWith(nextApp)
    await project.init('--yes')
    await rm(join(project.path, 'app/api/webhooks/clerk/route.ts'))
    const { stdout } = await project.init('--json', '--yes')
    expect(JSON.parse(stdout).files).toEqual([{ path: 'app/api/webhooks/clerk/route.ts', action: 'create' }])
  })

  it('never overwrites a file, and prints its intended content', async () => {
    const mine = 'export const clerkSync = mine()\n'
    const project = await projectWith({ ...nextApp, 'lib/clerk-sync.ts': mine })
    const { stdout } = await project.init('--yes')
    expect(stdout).toContain('lib/clerk-sync.ts already exists and was not changed')
    expect(stdout).toContain('createClerkSync({ users: User')
    expect(await project.read('lib/clerk-sync.ts')).toBe(mine)
  })

  it('leaves another webhook handler unchanged, and prints how to change it', async () => {
    const file = 'app/api/webhook/clerk/route.ts'
    const other = "import { Webhook } from 'svix'\nexport const POST = (r) => new Webhook(process.env.CLERK_SECRET)\n"
    const project = await projectWith({ ...nextApp, [file]: other })
    const { stdout } = await project.init('--yes')
    expect(stdout).toContain(`${file}:2 already receives Clerk's webhooks`)
    expect(stdout).toContain('export const { POST } = toNextHandler(clerkSync)')
    expect(await project.read(file)).toBe(other)
    expect(await project.files()).not.toContain('app/api/webhooks/clerk/route.ts')
  })

  it('uses the variable names of the project, and never prints or changes their values', async () => {
    const env = 'MONGO_URL=mongodb://ada:hunter2@db/app\nCLERK_WEBHOOK_SECRET=whsec_hidden'
    const project = await projectWith({
      ...nextApp,
      '.env.local': env,
      '.env.example': 'MONGO_URL=\n',
      '.gitignore': '.env*.local\n',
    })
    const { stdout, stderr } = await project.init('--yes')
    expect(stdout + stderr).not.toMatch(/hunter2|whsec_hidden/)
    expect(await project.read('.env.local')).toBe(`${env}\nCLERK_SECRET_KEY=\n`)
    expect(await project.read('.env.example')).toBe('MONGO_URL=\nCLERK_WEBHOOK_SIGNING_SECRET=\nCLERK_SECRET_KEY=\n')
    expect(await project.read('lib/clerk-sync.ts')).toContain('process.env.MONGO_URL!')
    expect(stdout).not.toContain('.gitignore')
  })

  it('warns if git would commit the secrets', async () => {
    const project = await projectWith({ ...nextApp, '.gitignore': 'node_modules\n.next\n' })
    expect((await project.init('--yes')).stdout).toContain('.env.local is not in .gitignore')
  })
})

describe('init for the model of the app', () => {
  const schema = 'import mongoose from "mongoose";\n\nconst userSchema = new mongoose.Schema({ email: String });\n'
  const model = (making: string) => ({ ...nextApp, 'src/db/user.ts': `${schema}\n${making}\n` })

  it('configures the password path of local accounts, which users from Clerk do not have', async () => {
    const schema = `import mongoose from 'mongoose'
const userSchema = new mongoose.Schema({
  email: { type: String, required: true, unique: true },
  passwordHash: { type: String, required: true },
})
export const User = mongoose.model('User', userSchema)
`
    const project = await projectWith({ ...nextApp, 'src/db/user.ts': schema })
    await project.init('--yes')
    const text = await project.read('src/db/user.ts')
    expect(text).toContain("userSchema.plugin(clerkSyncPlugin, { passwordPath: 'passwordHash' })\nexport const User")
  })

  it.each([
    ['a named export', 'export const User = mongoose.model("User", userSchema);', 'import { User } from'],
    [
      'a default export',
      'const User = mongoose.models.User || mongoose.model("User", userSchema);\nexport default User;',
      'import User from',
    ],
    [
      'made as it is exported',
      'export default mongoose.models.User ?? mongoose.model<IUser>("User", userSchema);',
      'import User from',
    ],
    [
      'over several lines',
      'export const Account =\n  mongoose.models.User ||\n  mongoose.model("User", userSchema);',
      'import { Account } from',
    ],
  ])('adds the plugin to it, in the style of its file: %s', async (_what, making, importing) => {
    const project = await projectWith(model(making))
    await project.init('--yes')
    const plugged = `import mongoose from "mongoose";
import { clerkSyncPlugin } from "clerk-mongo-sync/mongoose";

const userSchema = new mongoose.Schema({ email: String });

`
    const text = await project.read('src/db/user.ts')
    expect(text.startsWith(plugged)).toBe(true)
    const [before = '', after = ''] = making.split(/(?<=^|\n)(?=export default User)/)
    expect(text.slice(plugged.length)).toBe(`userSchema.plugin(clerkSyncPlugin);\n${before}${after}\n`)
    expect(await project.read('lib/clerk-sync.ts')).toContain(importing)
    expect(await project.files()).not.toContain('models/user.ts')
    expect((await project.init()).stdout).not.toContain('+++')
  })

  it('prints the two lines if their place is unclear, and changes nothing', async () => {
    const text =
      'import { model } from "mongoose";\nimport { userSchema } from "./schema";\n\nexport const User = model("User", userSchema);\n'
    const project = await projectWith({ ...nextApp, 'models/user.ts': text })
    const { stdout } = await project.init('--yes')
    expect(stdout).toContain('Add these two lines to models/user.ts')
    expect(stdout).toContain('userSchema.plugin(clerkSyncPlugin);')
    expect(await project.read('models/user.ts')).toBe(text)
  })

  it('ignores a model in a comment', async () => {
    const project = await projectWith({
      ...nextApp,
      'db.ts': 'import mongoose from "mongoose"\n// mongoose.model("User", userSchema)\n',
    })
    await project.init('--yes')
    expect(await project.files()).toContain('models/user.ts')
  })

  it('asks which model to use if there are several, and uses the one named', async () => {
    const one = `${schema}export const User = mongoose.model("User", userSchema);\n`
    const project = await projectWith({ ...nextApp, 'a/user.ts': one, 'b/user.ts': one })
    const { code, stderr } = await project.init()
    expect(code).toBe(64)
    expect(stderr).toContain('--model <file>')
    expect((await project.init('--yes', '--model', 'b/user.ts')).code).toBe(0)
    expect(await project.read('a/user.ts')).toBe(one)
    expect(await project.read('lib/clerk-sync.ts')).toContain("from '@/b/user'")
  })

  it('leaves it unchanged if it has the plugin already', async () => {
    const text =
      'import { clerkModel, clerkSyncPlugin } from "clerk-mongo-sync/mongoose"\nschema.plugin(clerkSyncPlugin)\nexport const Person = clerkModel("Person", schema)\n'
    const project = await projectWith({ ...nextApp, 'models/person.ts': text })
    await project.init('--yes')
    expect(await project.read('models/person.ts')).toBe(text)
    expect(await project.read('lib/clerk-sync.ts')).toContain('users: Person')
  })
})

describe('init in other projects', () => {
  const app = (lines: string) => `${lines}\n\nconst app = express()\napp.use(express.json())\napp.listen(3000)\n`

  it('mounts the route of an Express app above its parser, in ES modules with extensions', async () => {
    const project = await projectWith({
      'package.json': manifest(['express'], { type: 'module' }),
      'server.js': app("import express from 'express'"),
    })
    await project.init('--yes')
    expect(await project.read('server.js')).toBe(`import express from 'express'
import { toExpressHandler } from 'clerk-mongo-sync/express'
import { clerkSync } from './lib/clerk-sync.js'

const app = express()
// Above express.json(): signatures are checked on the raw body.
app.post('/api/webhooks/clerk', toExpressHandler(clerkSync))
app.use(express.json())
app.listen(3000)
`)
    expect(await project.read('lib/clerk-sync.js')).toContain("from '../models/user.js'")
    expect((await project.init()).stdout).toContain('Nothing to do')
  })

  it('writes CommonJS if the project uses it', async () => {
    const project = await projectWith({
      'package.json': manifest(['express']),
      'server.js': app("const express = require('express')"),
    })
    await project.init('--yes')
    expect(await project.read('server.js')).toContain("const { clerkSync } = require('./lib/clerk-sync')\n")
    expect(await project.read('models/user.js')).toContain("exports.User = clerkModel('User', userSchema)")
    expect(await project.read('clerk-sync.config.js')).toContain('module.exports = clerkSync')
    expect((await project.init()).stdout).toContain('Nothing to do')
  })

  it('writes a handler to mount if the app is not created by a line of its own', async () => {
    const project = await projectWith({
      'package.json': manifest(['express', 'typescript']),
      'src/app.ts':
        "import express from 'express'\nexport function makeApp() {\n  const app = express()\n  return app\n}\n",
    })
    const { stdout } = await project.init('--yes')
    expect(stdout).toContain("app.post('/api/webhooks/clerk', clerkWebhook)")
    expect(await project.read('src/clerk-webhook.ts')).toContain(
      'export const clerkWebhook = toExpressHandler(clerkSync)',
    )
  })

  it('writes extensions if TypeScript resolves modules as Node does', async () => {
    const project = await projectWith({
      'package.json': manifest(['express', 'typescript'], { type: 'module' }),
      'tsconfig.json': { compilerOptions: { module: 'nodenext' } },
      'src/server.ts': app("import express from 'express'"),
    })
    await project.init('--yes')
    expect(await project.read('src/server.ts')).toContain("from './lib/clerk-sync.js'")
    expect(await project.read('clerk-sync.config.ts')).toContain("from './src/lib/clerk-sync.js'")
  })

  it.each([
    ['fastify', 'toFastifyPlugin', "app.register(clerkWebhook, { prefix: '/api/webhooks/clerk' })"],
    ['koa', 'toKoaMiddleware', "ctx.path === '/api/webhooks/clerk' ? clerkWebhook(ctx)"],
    ['hono', 'toHonoHandler', "app.all('/api/webhooks/clerk', clerkWebhook)"],
    ['h3', 'toH3Handler', "app.all('/api/webhooks/clerk', clerkWebhook)"],
    ['elysia', 'toElysiaHandler', "app.mount('/api/webhooks/clerk', clerkWebhook)"],
    ['@types/aws-lambda', 'toLambdaHandler', 'export const handler = clerkWebhook'],
    ['@google-cloud/functions-framework', 'toNodeHandler', "http('clerk', clerkWebhook)"],
    ['itty-router', 'toFetchHandler', 'clerkWebhook(request)'],
    ['mongoose', 'toNodeHandler', 'clerkWebhook(request, response)'],
  ])('writes a handler for a project with %s, and prints how to mount it', async (dependency, handler, mount) => {
    const project = await projectWith({ 'package.json': manifest([dependency], { type: 'module' }) })
    const { stdout } = await project.init('--yes')
    expect(stdout).toContain(mount)
    expect(await project.read('clerk-webhook.js')).toContain(`export const clerkWebhook = ${handler}(clerkSync)`)
  })

  it.each([
    ['pnpm-lock.yaml', 'pnpm add clerk-mongo-sync mongoose'],
    ['yarn.lock', 'yarn add clerk-mongo-sync mongoose'],
    ['bun.lock', 'bun add clerk-mongo-sync mongoose'],
    ['package-lock.json', 'npm install clerk-mongo-sync mongoose'],
  ])('prints how to install missing packages, by %s', async (lock, line) => {
    const project = await projectWith({ ...nextApp, [lock]: '' })
    expect((await project.init('--yes')).stdout).toContain(line)
  })
})

describe('init as a command', () => {
  it('writes nothing without a terminal, and says so', async () => {
    const project = await projectWith(nextApp)
    const { code, stdout } = await project.init()
    expect(code).toBe(0)
    expect(stdout).toContain('+export const { POST } = toNextHandler(clerkSync)')
    expect(stdout).toContain('Nothing was written. To write these files, use --yes.')
    expect(await project.files()).toEqual(Object.keys(nextApp).sort())
  })

  it('writes nothing with --dry-run, even with --yes', async () => {
    const project = await projectWith(nextApp)
    await project.init('--dry-run', '--yes')
    expect(await project.files()).toEqual(Object.keys(nextApp).sort())
  })

  it('prints as JSON what it would write, or wrote', async () => {
    const project = await projectWith(nextApp)
    const planned = JSON.parse((await project.init('--json')).stdout)
    expect(planned).toMatchObject({ framework: 'next-app', packageManager: 'npm', written: false })
    expect(planned.files).toContainEqual({ path: 'models/user.ts', action: 'create' })
    expect(planned.files).toContainEqual(
      expect.objectContaining({ path: '.env.local', names: expect.arrayContaining(['MONGODB_URI']) }),
    )
    expect(JSON.parse((await project.init('--json', '--yes')).stdout)).toMatchObject({ ...planned, written: true })
  })

  it('fails outside a project', async () => {
    const project = await projectWith({ 'readme.txt': 'nothing' })
    expect(await project.init('--yes')).toMatchObject({ code: 1, stderr: expect.stringContaining('package.json') })
    await writeFile(join(project.path, 'package.json'), 'no json')
    expect(await project.init('--yes')).toMatchObject({ code: 1, stderr: expect.stringContaining('is not valid JSON') })
  })

  it('has a help text with examples', async () => {
    const project = await projectWith({})
    const { code, stdout } = await project.init('--help')
    expect(code).toBe(0)
    expect(stdout).toContain('clerk-mongo-sync init --dry-run')
  })
})
