import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type Folder, manifest, nextApp, projectWith } from './init-project'
import { copiedServer, courseApp, tutorialApp, typedServer } from './tutorial-apps'

const syncOf = async (files: Record<string, string | object>, path = 'lib/clerk-sync.js') => {
  const project = await projectWith(files)
  const { stdout } = await project.init('--yes')
  return { stdout, sync: await project.read(path) }
}

/** The steps that init prints last. */
const stepsOf = (stdout: string) => stdout.slice(stdout.indexOf('\nNext\n'))

describe('init uses the connection of the app', () => {
  it('with the function and cached connection of the tutorial app', async () => {
    const { sync } = await syncOf(tutorialApp, 'lib/clerk-sync.ts')
    expect(sync).toContain("import { connectToDatabase } from '@/lib/database/mongoose'")
    expect(sync).toContain('connect: connectToDatabase')
    expect(sync).not.toContain('connectOnce')
  })

  it('with a default export through an alias of jsconfig.json', async () => {
    const { sync } = await syncOf(courseApp, 'src/lib/clerk-sync.js')
    expect(sync).toContain("import connectDB from '@/config/db'")
    expect(sync).toContain('connect: connectDB')
  })

  it('with the address that the app passes to its function', async () => {
    const { sync } = await syncOf(typedServer, 'src/lib/clerk-sync.ts')
    expect(sync).toContain("import { connectDB } from '../config/db.js'")
    expect(sync).toContain('connect: () => connectDB(process.env.MONGO_URI!)')
  })

  it('with require in a CommonJS project', async () => {
    const { sync } = await syncOf(copiedServer)
    expect(sync).toContain("const connectDB = require('../config/db')\n")
    expect(sync).toContain('connect: connectDB')
  })

  const module = (text: string) => ({
    'package.json': manifest(['express']),
    'db/connect.js': `const mongoose = require('mongoose')\n${text}\n`,
    'server.js':
      "const express = require('express')\nconst app = express()\nconst start = async () => {\n  await connectDB(process.env.DB)\n  app.listen(3000)\n}\nstart()\n",
  })
  it.each([
    [
      'with a parameter',
      'const connectDB = (url) => mongoose.connect(url)\nmodule.exports = connectDB',
      "const connectDB = require('../db/connect')",
      '() => connectDB(process.env.DB)',
    ],
    [
      'without a name',
      "module.exports = async function () {\n  await mongoose.connect(process.env.DB, { dbName: 'a' })\n}",
      "const connectToDatabase = require('../db/connect')",
      'connectToDatabase',
    ],
    [
      'among others',
      'async function connectDB() {\n  await mongoose.connect(process.env.DB)\n}\nconst stop = () => {}\nmodule.exports = { connectDB, stop }',
      "const { connectDB } = require('../db/connect')",
      'connectDB',
    ],
    [
      'inside of a call, which it is not itself',
      "const URI = process.env.DB\nexports.connectDB = cached(async () => {\n  const db = (await mongoose.connect(URI, { dbName: 'a' }))\n  return db\n})",
      "const { connectOnce } = require('clerk-mongo-sync/mongoose')",
      "() => connectOnce(process.env.DB, { dbName: 'a' })",
    ],
  ])('with functions of other shapes: %s', async (_what, text, importing, connect) => {
    const { sync } = await syncOf(module(text))
    expect(sync).toContain(`${importing}\n`)
    expect(sync).toContain(`connect: ${connect} })`)
  })

  it('and warns of a function that does not wait for the connection', async () => {
    const early = 'exports.connectDB = () => {\n  mongoose.connect(process.env.DB)\n}'
    expect((await syncOf(module(early))).stdout).toContain(
      'db/connect.js:3: connectDB returns before the connection is open. Return the promise:\n    return mongoose.connect(…)',
    )
  })

  const server = (lines: string) => ({
    'package.json': manifest(['express']),
    'server.js': `const express = require('express')\nconst mongoose = require('mongoose')\n\nconst app = express()\n${lines}\n`,
  })
  it.each([
    ['a variable', 'mongoose.connect(process.env.DB_URL)', 'connectOnce(process.env.DB_URL)'],
    [
      "a database's name",
      "mongoose\n  .connect(process.env.DB_URL, { dbName: 'shop', useNewUrlParser: true })\n  .then(() => app.listen(3000))",
      "connectOnce(process.env.DB_URL, { dbName: 'shop' })",
    ],
    [
      'names of the same file',
      `const { DB_URL } = process.env\nconst options = { dbName: 'shop' }\nasync function start() {\n  await mongoose.connect(\`\${DB_URL}/x\`, options)\n}\nstart()`,
      `connectOnce(\`\${process.env.DB_URL}/x\`, { dbName: 'shop' })`,
    ],
    [
      'an address that is put together',
      "mongoose.connect(process.env.DB_URL + '/lms')",
      "connectOnce(process.env.DB_URL + '/lms')",
    ],
    [
      'an address with a default',
      "const uri = process.env.DB_URL || 'mongodb://localhost/dev'\n;(async () => {\n  await mongoose.connect(uri)\n})()",
      "connectOnce(process.env.DB_URL || 'mongodb://localhost/dev')",
    ],
  ])('by repeating its own connect call: %s', async (_what, lines, connect) => {
    const { sync, stdout } = await syncOf(server(lines))
    expect(/connect: (.*?)(?: }\)|,)$/m.exec(sync)?.[1]).toBe(`() => ${connect}`)
    expect(stdout).not.toContain('connects')
  })

  it('without calling a function that also starts the server', async () => {
    const start = 'exports.start = async () => {\n  await mongoose.connect(process.env.DB_URL)\n  app.listen(3000)\n}'
    expect((await syncOf(server(start))).sync).toContain('connect: () => connectOnce(process.env.DB_URL)')
  })

  it('or prints what to write if the source does not show it', async () => {
    const { stdout, sync } = await syncOf(server("mongoose.connect(config.uri, { dbName: 'shop' })"))
    expect(stdout).toContain('server.js:5 connects')
    expect(stdout).toContain("connect: () => connectOnce(config.uri, { dbName: 'shop' })")
    expect(sync).toContain('connectOnce(process.env.MONGODB_URI,')
  })

  it('without copying or printing a password in the code', async () => {
    const { stdout, sync } = await syncOf(server("mongoose.connect('mongodb+srv://ada:hunter2@db.example/shop')"))
    expect(stdout).toContain('server.js:5 connects to an address in the code')
    expect(sync).toContain('connectOnce(process.env.MONGODB_URI)')
    // Only the part of server.js around the added lines is printed.
    expect(sync + stdout.replace(/^[ +].*\n/gm, '')).not.toContain('hunter2')
  })

  it.each([
    ['ends the process', typedServer, 'src/config/db.ts:7', 'throw err'],
    ['continues', copiedServer, 'config/db.js:7', 'throw error'],
  ])('and prints how to correct a function that %s while MongoDB is away', async (_what, app, place, line) => {
    const { stdout } = await syncOf(app, 'package.json')
    expect(stdout).toMatch(new RegExp(`! ${place}: connectDB [^\\n]*\\n    ${line}\\n`))
  })

  it('and prefers the one that the app uses to a script', async () => {
    const files = {
      'package.json': manifest(['next']),
      'lib/seed.js':
        "import mongoose from 'mongoose'\nexport const seed = async () => {\n  await mongoose.connect('x')\n}\n",
      'lib/zdb.js':
        "import { connect } from 'mongoose'\nasync function dbConnect() {\n  return connect(process.env.MONGODB_URI)\n}\nexport default dbConnect\n",
    }
    expect((await syncOf(files)).sync).toContain("import dbConnect from './zdb'")
  })
})

describe('init with an existing webhook handler', () => {
  it.each([
    ['Next.js', tutorialApp, 'lib/clerk-sync.ts', 'WEBHOOK_SECRET', 'app/api/webhooks/route.ts:18', '/api/webhooks'],
    ['JavaScript', courseApp, 'src/lib/clerk-sync.js', 'SIGNING_SECRET', 'src/app/api/clerk/route.js:6', '/api/clerk'],
    [
      'Express',
      copiedServer,
      'lib/clerk-sync.js',
      'CLERK_WEBHOOK_SIGNING_KEY',
      'controllers/webhookController.js:9',
      '/api/hooks/clerk',
    ],
  ])('keeps its path and its secret: %s', async (_what, app, file, secret, place, path) => {
    const project = await projectWith(app)
    const before = await project.read('package.json')
    const { stdout } = await project.init('--yes')
    expect(stdout).toContain(
      `${place} already receives Clerk's webhooks. Keep its path ${path} and its secret ${secret}`,
    )
    expect(await project.read(file)).toContain(`signingSecret: () => process.env.${secret}`)
    for (const name of (await project.files()).filter((one) => one.startsWith('.env')))
      expect(await project.read(name)).toBe(Object.entries(app).find(([one]) => one === name)?.[1])
    expect(stepsOf(stdout)).not.toContain('/api/webhooks/clerk')
    expect(await project.read('package.json')).toBe(before)
    expect(stdout).not.toContain('hidden')
  })

  it('needs no option for a secret with a default name', async () => {
    const app = JSON.parse(JSON.stringify(tutorialApp).replaceAll('WEBHOOK_SECRET', 'CLERK_WEBHOOK_SECRET'))
    const { sync, stdout } = await syncOf(app, 'lib/clerk-sync.ts')
    expect(stdout).toContain('its secret CLERK_WEBHOOK_SECRET.')
    expect(sync).not.toContain('signingSecret')
  })

  it('prints the new content of a Next.js route in its own style', async () => {
    const { stdout } = await syncOf(tutorialApp, 'package.json')
    expect(stdout).toContain('Replace the content of app/api/webhooks/route.ts with this.')
    expect(stdout).toContain(`    import { toNextHandler } from "clerk-mongo-sync/next";
    import { clerkSync } from "@/lib/clerk-sync";
    
    export const { POST } = toNextHandler(clerkSync);
`)
  })

  it('prints how the login wall excludes its own path', async () => {
    expect((await syncOf(tutorialApp, 'package.json')).stdout).not.toContain('requires sign-in')
    const walled = tutorialApp['middleware.ts'].replace(", '/api/webhooks'", '')
    const { stdout } = await syncOf({ ...tutorialApp, 'middleware.ts': walled }, 'package.json')
    expect(stdout).toContain('requires sign-in for routes, possibly for /api/webhooks')
    expect(stdout).toContain("add '/api/webhooks(.*)'")
  })

  it('replaces the line that mounts it if no parser is in front', async () => {
    const files = {
      'package.json': manifest(['express', 'svix'], { type: 'module' }),
      'server.js': `import express from 'express'
import { Webhook } from 'svix'

const app = express()
app.post(
  '/api/clerk',
  express.raw({ type: 'application/json' }),
  async (req, res) => {
    const { CLERK_SECRET } = process.env
    new Webhook(process.env['CLERK_WHSEC']).verify(req.body, req.headers)
    res.json({})
  },
)
app.use(express.json())
`,
    }
    const { stdout, sync } = await syncOf(files)
    expect(stdout).toContain(`
    // server.js: add to the imports
    import { toExpressHandler } from 'clerk-mongo-sync/express'
    import { clerkSync } from './lib/clerk-sync.js'
    // server.js: replace lines 5–13, app.post(
    app.post('/api/clerk', toExpressHandler(clerkSync))

`)
    expect(sync).toContain('process.env.CLERK_WHSEC')
  })

  it('finds one that compares signatures, and one of the Clerk SDK', async () => {
    const route = (text: string) => syncOf({ ...nextApp, 'app/api/hook/route.ts': text }, 'package.json')
    const byHand = "const id = request.headers.get('svix-id')\nif (type === 'user.created') save(id)\n"
    expect((await route(byHand)).stdout).toContain(
      "app/api/hook/route.ts:1 already receives Clerk's webhooks. Keep its path /api/hook",
    )
    const bySdk =
      "import { verifyWebhook } from '@clerk/nextjs/webhooks'\nexport const POST = (r) => verifyWebhook(r, { signingSecret: process.env.HOOK_KEY })\n"
    expect((await route(bySdk)).stdout).toContain('Keep its path /api/hook and its secret HOOK_KEY.')
  })

  it('ignores a webhook of another service that uses Svix', async () => {
    const mail =
      "import { Webhook } from 'svix'\nexport const POST = (r) => new Webhook(process.env.RESEND).verify(r)\n"
    const { stdout } = await syncOf({ ...nextApp, 'app/api/mail/route.ts': mail }, 'package.json')
    expect(stdout).not.toContain("already receives Clerk's webhooks")
  })

  it('prints how an existing clerkSync reads its secret', async () => {
    const project = await projectWith(tutorialApp)
    await project.init('--yes')
    const sync = (await project.read('lib/clerk-sync.ts')).replace(/ {2}signingSecret.*\n/, '')
    await writeFile(join(project.path, 'lib/clerk-sync.ts'), sync)
    const { stdout } = await project.init()
    expect(stdout).toContain('    signingSecret: () => process.env.WEBHOOK_SECRET,\n')
  })
})

describe('init with a parser in front of the route', () => {
  const head = "const express = require('express')\nconst { toExpressHandler } = require('clerk-mongo-sync/express')\n"
  const ours = "app.post('/hooks', toExpressHandler(clerkSync))"
  const app = (lines: string[], more: Record<string, string> = {}) =>
    projectWith({
      'package.json': manifest(['express', 'mongoose', 'clerk-mongo-sync']),
      'lib/clerk-sync.js': 'exports.clerkSync = createClerkSync({})\n',
      'clerk-sync.config.js': '',
      '.env': 'CLERK_WEBHOOK_SIGNING_SECRET=\nCLERK_SECRET_KEY=\nMONGODB_URI=\n',
      'server.js': `${head}const app = express()\n${lines.join('\n')}\n`,
      ...more,
    })
  const stdoutOf = async (project: Folder) => (await project.init()).stdout

  it.each([
    ['express.json()', 'app.use(express.json())'],
    ['bodyParser.json()', "app.use(cors(), bodyParser.json({ limit: '1mb' }))"],
    ['express.json()', "app.use('/hooks', express.json())"],
  ])('prints which line to move above %s: %s', async (name, parser) => {
    const stdout = await stdoutOf(await app([parser, 'app.use(cors())', ours]))
    expect(stdout).toContain(`server.js:6 mounts the route after ${name}`)
    expect(stdout).toContain(`Move line 6 above server.js:4, ${parser}:\n    ${ours}\n`)
  })

  it('prints which parser to remove from the same line', async () => {
    const stdout = await stdoutOf(await app(["app.post('/hooks', express.json(), toExpressHandler(clerkSync))"]))
    expect(stdout).toContain('Remove express.json() from that line')
  })

  const router = (lines: string) => ({
    'routes/hooks.js': `const { Router, json } = require('express')\nconst router = Router()\n${lines}\nrouter.post('/clerk', toExpressHandler(clerkSync))\nmodule.exports = { router }\n`,
  })
  it('finds a parser of the router, and one in front of the router', async () => {
    const mount = "const { router: hooks } = require('./routes/hooks')\napp.use('/hooks', hooks)"
    expect(await stdoutOf(await app([mount], router('router.use(json())')))).toContain(
      'Move line 4 above routes/hooks.js:3, router.use(json()):',
    )
    const stdout = await stdoutOf(await app(['app.use(express.json())', mount], router('')))
    expect(stdout).toContain('routes/hooks.js:4 mounts the route after express.json()')
    expect(stdout).toContain(
      "above server.js:4, app.use(express.json()), with its imports:\n    app.post('/hooks/clerk', toExpressHandler(clerkSync))\n",
    )
  })

  it.each([
    ['below the route', [ours, 'app.use(express.json())']],
    ['of another path', ["app.use('/api', express.json())", ours]],
    ['of forms', ['app.use(express.urlencoded({ extended: true }))', ours]],
    ['that keeps the bytes', ['app.use(express.json({ verify: (req, _res, buf) => { req.rawBody = buf } }))', ours]],
  ])('accepts a parser %s', async (_what, lines) => {
    expect(await stdoutOf(await app(lines))).toContain('Nothing to do')
  })
})

describe('init ends with how to try it without Clerk', () => {
  const usual = 'http://localhost:3000/api/webhooks/clerk'
  it.each([
    ['the route of the project', tutorialApp, 'http://localhost:3000/api/webhooks', '.env.local'],
    ['a port in the source', typedServer, 'http://localhost:8080/api/webhooks/clerk', '.env'],
    [
      'a port in a script',
      { ...nextApp, 'package.json': manifest(['next'], { scripts: { dev: 'next dev -p 3100' } }) },
      'http://localhost:3100/api/webhooks/clerk',
      '.env.local',
    ],
    ['a port in .env', { ...typedServer, '.env': 'PORT=4321\n' }, 'http://localhost:4321/api/webhooks/clerk', '.env'],
    ['a port in .env, which Next.js does not take', { ...nextApp, '.env': 'PORT=4321\n' }, usual, '.env.local'],
    [
      'the port of its dev server',
      { 'package.json': manifest(['astro']) },
      'http://localhost:4321/api/webhooks/clerk',
      '.env',
    ],
    [
      'the port in the settings of its dev server',
      {
        'package.json': manifest(['@sveltejs/kit']),
        'vite.config.js': 'export default { server: { host: true, port: 5000 } }\n',
      },
      'http://localhost:5000/api/webhooks/clerk',
      '.env',
    ],
  ])('with %s', async (_what, app, url, file) => {
    const { stdout } = await syncOf(app, 'package.json')
    const [last] = /Or first try it without Clerk[\s\S]*/.exec(stdout) ?? []
    expect(last).toContain(`npx clerk-mongo-sync fake-clerk --users 20\n`)
    expect(last).toContain(`Add the lines it prints to ${file}`)
    expect(stepsOf(stdout)).toContain(`--forward-to ${url}`)
  })
})

describe('init in CommonJS projects', () => {
  const server = "const express = require('express')\n\nconst app = express()\n"
  it.each([
    [
      'a client that imports',
      { 'client/package.json': manifest(['react']), 'client/src/main.jsx': "import 'react'\n" },
    ],
    ['settings of tools that import', { 'eslint.config.js': "import js from '@eslint/js'\nexport default js\n" }],
    ['a file that imports', { 'server.js': server, 'public-page.js': "import x from './x.js'\n" }],
  ])('writes CommonJS beside %s', async (_what, files) => {
    const { sync } = await syncOf({ 'package.json': manifest(['express']), ...files })
    expect(sync).toContain("const { createClerkSync } = require('clerk-mongo-sync')")
  })
})
