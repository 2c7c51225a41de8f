import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import type { Plugin } from 'esbuild'

/** A mistake that this library could make, as the one change of its sources that makes it. */
export interface PlantedBug {
  file: string
  text: string
  instead: string
}

export const plantedBugs: Record<string, PlantedBug> = {
  'no guard: whatever comes last wins': {
    file: 'mongoose/attempt.ts',
    text: '[paths.clerkUpdatedAt]: trusted(target, { $not: truth ? { $gt: at } : { $gte: at } }),',
    instead: '',
  },
  'no tombstone: nobody knows of a deletion without a document': {
    file: 'mongoose/tombstones.ts',
    text: '{ upsert: true, ...durable, ...within(context) },',
    instead: '{ ...durable, ...within(context) },',
  },
  'no look after an insert: a late one brings a deleted user back': {
    file: 'mongoose/guarded-write.ts',
    text: 'if (!tombstone) return applied(attempt)',
    instead: 'if (tombstone || !tombstone) return applied(attempt)',
  },
  'no conflict handling: a value that is taken is a conflict': {
    file: 'mongoose/collision.ts',
    text: '  const holder = await findHolder(collision, index)\n',
    instead: '  const holder = await findHolder(collision, index)\n  if (holder) return hostRule(path)\n',
  },
  'hooks before the write: they run for events that change nothing': {
    file: 'sync-user.ts',
    text: '  const {\n    due = [],',
    instead:
      "  if (hook) await runHook(hook, { event, user: null, outcome: 'updated', changes: undefined, messageId }, deadline)\n  const {\n    due = [],",
  },
  'hooks without a mark: one that throws never runs again': {
    file: 'sync-user.ts',
    text: 'if (!hook || !isDue(event, messageId, due, result.outcome)) return result',
    instead: 'if (!hook || !applied.includes(result.outcome)) return result',
  },
}

/** Plants a bug into what is bundled. Fails where the sources no longer have the text it replaces. */
export function plant(bug: PlantedBug): Plugin {
  const path = fileURLToPath(new URL(`../../src/${bug.file}`, import.meta.url))
  return {
    name: 'planted-bug',
    setup(build) {
      build.onLoad({ filter: /\/src\/.*\.ts$/ }, async (args) => {
        if (args.path !== path) return undefined
        const source = await readFile(path, 'utf8')
        if (source.split(bug.text).length !== 2) throw new Error(`${bug.file} has not exactly one: ${bug.text}`)
        return { contents: source.replace(bug.text, () => bug.instead), loader: 'ts' }
      })
      build.onEnd((result) => {
        const inputs = Object.keys(result.metafile?.inputs ?? {})
        if (!inputs.some((input) => path.endsWith(input))) throw new Error(`${bug.file} is not part of the library`)
      })
    },
  }
}
