import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import mongoose from 'mongoose'
import { afterEach, describe, expect, inject, it } from 'vitest'
import { freePort } from '../support/free-port'
import { builtPackage } from './built-package'
import { type RunningCli, runCli, startCli } from './cli'
import { follow } from './follow'
import { type Folder, projectWith } from './init-project'
import { copiedServer, courseApp } from './tutorial-apps'

const packages = { express: 'express4', mongoose: 'mongoose', svix: 'svix' }
const connection = mongoose.createConnection()
let server: ChildProcess | undefined
let fake: RunningCli | undefined
afterEach(async () => {
  server?.kill()
  fake?.child.kill()
  await fake?.ended
  if (connection.readyState === mongoose.ConnectionStates.connected) await connection.dropDatabase()
  await connection.close()
  server = fake = undefined
})

/** An app with its packages and this one, after init has run in it. */
async function initialised(files: Record<string, string | object>): Promise<Folder & { stdout: string }> {
  const project = await projectWith(files)
  const modules = join(project.path, 'node_modules')
  const { stdout } = await project.init('--yes')
  await mkdir(modules)
  for (const [name, source] of Object.entries(packages)) {
    const target = fileURLToPath(new URL(`../../node_modules/${source}`, import.meta.url))
    await symlink(target, join(modules, name), 'junction')
  }
  await symlink(await builtPackage(), join(modules, 'clerk-mongo-sync'), 'junction')
  return { ...project, stdout }
}

async function users(database: URL): Promise<object[]> {
  if (connection.readyState !== mongoose.ConnectionStates.connected) await connection.openUri(database.href)
  return connection.collection('users').find().toArray()
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise((resolve) => setTimeout(resolve, 50))
}

describe('the result of init', () => {
  it('stores users in an Express 4 app in CommonJS with a copied handler, by the command that init ends with', async () => {
    const project = await initialised(copiedServer)
    await follow(project.stdout, project.path)
    expect((await project.init()).stdout).toContain('Nothing to do')
    const port = await freePort()
    const [, command = ''] = /npx clerk-mongo-sync (fake-clerk .*)/.exec(project.stdout) ?? []
    const config = await project.read('clerk-sync.config.js')
    expect(config).toContain("url: 'http://localhost:5000/api/hooks/clerk'")
    await writeFile(join(project.path, 'clerk-sync.config.js'), config.replace(':5000', `:${port}`))
    fake = await startCli([...command.split(' '), '--port', '0', '--json'], { cwd: project.path, isOpen: true })
    await fake.printed(/"env"/)
    const { url, env } = JSON.parse(fake.stdout().split('\n')[0] ?? '')
    expect(Object.keys(env)).toContain('CLERK_WEBHOOK_SIGNING_KEY')

    const database = new URL(inject('mongoUri'))
    database.pathname = `/init_run_${port}`
    const all = { ...env, MONGO_URI: database.href, PORT: String(port) }
    const { PATH, HOME } = process.env
    let printed = ''
    server = spawn(process.execPath, [join(project.path, 'server.js')], { env: { PATH, HOME, ...all } })
    for (const stream of [server.stdout, server.stderr]) stream?.on('data', (text) => (printed += text))
    await until(() =>
      fetch(`http://localhost:${port}`).then(
        ({ ok }) => ok,
        () => false,
      ),
    )
    const headers = { authorization: `Bearer ${env.CLERK_SECRET_KEY}`, 'content-type': 'application/json' }
    for (const address of ['ada@init.example', 'grace@init.example']) {
      const body = JSON.stringify({ email_address: [address] })
      expect((await fetch(`${url}/v1/users`, { method: 'POST', headers, body })).status).toBe(200)
    }
    await until(async () => (await users(database)).length === 2)
    // Its connect function logs each call.
    expect(printed.match(/MongoDB Connected/g)).toHaveLength(2)

    await writeFile(
      join(project.path, '.env'),
      Object.entries(all)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    )
    expect(await runCli(['backfill'], { cwd: project.path })).toMatchObject({ code: 0 })
    expect(await users(database)).toHaveLength(22)
    const hook = `http://localhost:${port}/api/hooks/clerk`
    expect(await runCli(['send', 'user.created', '--to', hook], { cwd: project.path })).toMatchObject({ code: 0 })
    const { stdout } = await runCli(['doctor', '--json', '--url', hook], { cwd: project.path })
    expect(JSON.parse(stdout).findings).toContainEqual(expect.objectContaining({ check: 'route', verdict: 'ok' }))
  })

  it('is loaded by the command line in JavaScript with aliases of jsconfig.json', async () => {
    const project = await initialised({
      ...courseApp,
      '.env': `MONGODB_URI=mongodb://${new URL(inject('mongoUri')).host}\n`,
    })
    expect(await runCli(['status'], { cwd: project.path })).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/users/i),
    })
    const sent = await runCli(['send', 'user.created'], { cwd: project.path })
    expect(sent.stderr).toContain('your createClerkSync reads it from SIGNING_SECRET, which is not set')
    const { stdout } = await runCli(['doctor', '--json', '--secret', 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD'], {
      cwd: project.path,
    })
    const route = JSON.parse(stdout).findings.find(({ check }: { check: string }) => check === 'route')
    expect(JSON.stringify(route)).toContain('http://localhost:3000/api/clerk')
  })

  it('is checked by doctor, which reports the line behind a parser', async () => {
    const server = copiedServer['server.js'].replace(
      "app.use('/api/hooks', require('./routes/webhooks'));",
      "app.post('/hooks', require('clerk-mongo-sync/express').toExpressHandler(require('./lib/clerk-sync').clerkSync));",
    )
    const project = await initialised({
      ...copiedServer,
      '.env': `MONGO_URI=${inject('mongoUri')}\n`,
      'controllers/webhookController.js': '',
      'server.js': server,
    })
    const { stdout } = await runCli(['doctor', '--json'], { cwd: project.path })
    const finding = JSON.parse(stdout).findings.find(({ check }: { check: string }) => check === 'body_parser')
    expect(finding).toMatchObject({
      verdict: 'warning',
      message: expect.stringContaining('Move line 8 above server.js:7'),
    })
  })
})
