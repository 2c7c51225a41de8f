import { once } from 'node:events'
import { join, posix } from 'node:path'
import { isCancel, select } from '@clack/prompts'
import type { Io } from '../terminal/io'
import { usageError } from '../terminal/run-command'
import { appsBelow, type FoundApp } from './find-apps'

/** The app that `init` sets up. */
export interface ChosenApp {
  root: string
  /** Relative to the current folder; `''` for that folder. */
  folder: string
}

/**
 * Returns the current folder, or, at the root of a repository, its app. Asks if there are several.
 * @param model The file given with `--model`, relative to the current folder.
 * @throws {CommandError} `usage` if there is no terminal to ask; it lists the commands to type.
 */
export async function chooseApp(io: Io, model: string | undefined): Promise<ChosenApp | 'cancelled'> {
  const apps = appsBelow(io.cwd)
  const [only] = apps
  if (!only) return { root: io.cwd, folder: '' }
  const folder = apps.length === 1 ? only.folder : await askForApp(io, apps, model)
  return folder === undefined ? 'cancelled' : { root: join(io.cwd, folder), folder }
}

async function askForApp(io: Io, apps: readonly FoundApp[], model: string | undefined): Promise<string | undefined> {
  if (!io.isInteractive) {
    const naming = (folder: string) =>
      model === undefined ? '' : ` --model ${posix.relative(folder, model.replaceAll('\\', '/'))}`
    const lines = apps.map(
      ({ folder, framework }) => `  cd ${folder} && npx clerk-mongo-sync init${naming(folder)}   # ${framework}`,
    )
    throw usageError(
      `There are ${apps.length} apps below this folder. Run this in the one that should receive Clerk's deliveries:\n${lines.join('\n')}`,
    )
  }
  const ended = once(io.stdin, 'end').then(() => undefined)
  const options = apps.map(({ folder, framework }) => ({ value: folder, label: folder, hint: framework }))
  const question = select({ message: "Which app should receive Clerk's deliveries?", options, output: process.stderr })
  const answer = await Promise.race([question, ended])
  return typeof answer !== 'string' || isCancel(answer) ? undefined : answer
}
