import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach } from 'vitest'
import { type CliResult, runCli } from './cli'

export interface Folder {
  path: string
  read(name: string): Promise<string>
  /** All files, in order. */
  files(): Promise<string[]>
  init(...args: string[]): Promise<CliResult>
}

const made: string[] = []
afterEach(async () => {
  for (const path of made.splice(0)) await rm(path, { recursive: true, force: true })
})

/** A project with only these files. It is removed after the test. */
export async function projectWith(files: Record<string, string | object>): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'clerk-mongo-sync-init-'))
  made.push(path)
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true })
    await writeFile(join(path, name), typeof text === 'string' ? text : JSON.stringify(text))
  }
  return {
    path,
    read: (name) => readFile(join(path, name), 'utf8'),
    async files() {
      const entries = await readdir(path, { recursive: true, withFileTypes: true })
      const names = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => join(parentPath, name))
      return names.map((name) => name.slice(path.length + 1)).sort()
    },
    init: (...args) => runCli(['init', ...args], { cwd: path }),
  }
}

/** A package.json with these dependencies. */
export function manifest(dependencies: readonly string[], more: object = {}): object {
  return {
    name: 'app',
    private: true,
    dependencies: Object.fromEntries(dependencies.map((name) => [name, '1.0.0'])),
    ...more,
  }
}

/** A Next.js app in TypeScript without Clerk and MongoDB. */
export const nextApp = {
  'package.json': manifest(['next', 'react']),
  'tsconfig.json': { compilerOptions: { paths: { '@/*': ['./*'] } } },
  'app/page.tsx': 'export default () => null\n',
}
