import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { transform } from 'esbuild'
import { afterAll } from 'vitest'
import { adapterContract } from '../contracts/adapters'
import type { Traits } from '../contracts/adapters-wire'
import { installApp } from '../support/installed-app'
import { root } from '../support/made-once'
import type { PackedApp } from '../support/packed-app'
import { startServer } from '../support/process'
import { runtime } from '../support/runtime'

/** Versions that the repository does not have, and what runs on Bun. No two of them exclude each other: npm installs them once. */
const dependencies = {
  ...{ koa: '2.16.4', '@koa/router': '13.1.0' },
  ...{ '@nestjs/common': '11.2.10', '@nestjs/core': '11.2.10', 'reflect-metadata': '0.2.2', rxjs: '7.8.2' },
  ...{ '@nestjs/platform-express': '11.2.10', '@nestjs/platform-fastify': '11.2.8' },
  ...{ hono: '4.13.19', elysia: '1.4.30' },
}

interface Served {
  /** The name of its file. */
  name: string
  /** A module that serves the contract's `subjects` at `port`. */
  code: string
  traits?: Traits
  program?: () => Promise<string>
}

let installed: Promise<PackedApp> | undefined
afterAll(async () => (await installed)?.remove())

async function install(): Promise<PackedApp> {
  const source = await mkdtemp(join(tmpdir(), 'contract-'))
  await writeFile(join(source, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies }))
  const typed = await readFile(join(root, 'tests/contracts/adapters-subject.ts'), 'utf8')
  await writeFile(join(source, 'subject.js'), (await transform(typed, { loader: 'ts' })).code)
  return installApp(source).finally(() => rm(source, { recursive: true }))
}

/** The contract on a version, or a runtime, that the repository does not have: installed beside the packed tarball. */
function installedContract(title: string, { name, code, traits, program }: Served): void {
  const open = async () => {
    installed ??= install()
    const { path } = await installed
    await writeFile(join(path, name), head + code)
    return startServer([name], { cwd: path, ...(program && { program: await program() }) })
  }
  adapterContract(title, open, traits)
}

const head = `import { createSubjects } from './subject.js'

const subjects = Object.entries(createSubjects())
const port = Number(process.env.PORT)
`

installedContract('toKoaMiddleware on Koa 2', {
  name: 'koa.js',
  code: `import Router from '@koa/router'
import { toKoaMiddleware } from 'clerk-mongo-sync/koa'
import Koa from 'koa'

const app = new Koa()
app.silent = true
const router = new Router()
for (const [path, subject] of subjects) router.all(path, toKoaMiddleware(subject))
app.use(router.routes()).listen(port)
`,
})

const nestModule = `import 'reflect-metadata'
import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { ClerkSyncModule } from 'clerk-mongo-sync/nestjs'

class AppModule {}
Module({ imports: subjects.map(([path, subject]) => ClerkSyncModule.forRoot(subject, path)) })(AppModule)
`

installedContract('ClerkSyncModule on NestJS 11 with Express', {
  name: 'nest-express.js',
  code: `${nestModule}
const app = await NestFactory.create(AppModule, { rawBody: true, logger: false })
app.useBodyParser('json', { limit: '2mb' })
await app.listen(port)
`,
})

installedContract('ClerkSyncModule on NestJS 11 with Fastify', {
  name: 'nest-fastify.js',
  code: `${nestModule}import { FastifyAdapter } from '@nestjs/platform-fastify'

const app = await NestFactory.create(AppModule, new FastifyAdapter(), { logger: false })
await app.listen(port)
`,
})

const bun = () => runtime('bun')

installedContract('toHonoHandler on Bun', {
  name: 'hono.js',
  program: bun,
  code: `import { toHonoHandler } from 'clerk-mongo-sync/hono'
import { Hono } from 'hono'

const app = new Hono()
app.onError((_error, context) => context.text('', 500))
for (const [path, subject] of subjects) app.all(path, toHonoHandler(subject))
export default { port, fetch: app.fetch }
`,
  traits: { trailingSlash: 404 },
})

installedContract('toElysiaHandler on Bun', {
  name: 'elysia.js',
  program: bun,
  code: `import { toElysiaHandler } from 'clerk-mongo-sync/elysia'
import { Elysia } from 'elysia'

const app = new Elysia()
for (const [path, subject] of subjects) app.mount(path, toElysiaHandler(subject))
app.listen(port)
`,
})
