import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { npm } from '../package/scratch'
import { madeAt, modules } from './made-once'

/** Runtimes that npm has, each in a package for the platform, and where the executable is in it. */
const runtimes = {
  bun: { version: '1.4.5', scope: '@oven', file: 'bin/bun' },
  deno: { version: '2.9.6', scope: '@deno', file: 'deno' },
  workerd: { version: '1.20261117.1', scope: '@cloudflare', file: 'bin/workerd' },
} as const

/** The executable of a runtime, installed once. It does not need the install script of its package, which only moves it. */
export async function runtime(name: keyof typeof runtimes): Promise<string> {
  const { version, scope, file } = runtimes[name]
  const folder = await madeAt(join(modules, '.cache', 'clerk-mongo-sync', `${name}-${version}`), async (draft) => {
    await mkdir(draft, { recursive: true })
    await writeFile(join(draft, 'package.json'), '{ "private": true }')
    await npm(['install', '--prefer-offline', `${name}@${version}`], draft)
  })
  const scoped = join(folder, 'node_modules', scope)
  const [platform = ''] = await readdir(scoped)
  return join(scoped, platform, file)
}
