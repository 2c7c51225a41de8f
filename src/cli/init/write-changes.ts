import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CommandError } from '../terminal/run-command'
import type { Change } from './plan'

/** Writes the confirmed changes. @throws {CommandError} `changed_meanwhile` if a file differs from what was shown. */
export function writeChanges(root: string, changes: readonly Change[]): void {
  for (const { path, action, before, after } of changes) {
    const file = join(root, path)
    mkdirSync(dirname(file), { recursive: true })
    if (action === 'change' && readFileSync(file, 'utf8') !== before) throw changedMeanwhile(path)
    try {
      writeFileSync(file, after, { flag: action === 'create' ? 'wx' : 'w' })
    } catch (error) {
      throw error instanceof Error && 'code' in error && error.code === 'EEXIST' ? changedMeanwhile(path) : error
    }
  }
}

function changedMeanwhile(path: string): CommandError {
  const message = `Another program changed ${path} in the meantime, so it was not overwritten. Run init again.`
  return new CommandError(message, { code: 'changed_meanwhile' })
}
