import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root } from '../support/made-once'
import { type PackedApp, packApp } from '../support/packed-app'
import { run } from '../support/process'
import { addExpressRoute } from './dashboard-route'

/** Those whose own tests check their types: with what they install, what `next build` writes, or to emit JavaScript. */
const checkedElsewhere = [
  ...['astro', 'bun', 'nuxt', 'react-router', 'solid-start', 'sveltekit', 'tanstack-start'],
  ...['next', 'next-profile'],
  'nestjs',
]
const examples = join(root, 'examples')
const names = readdirSync(examples).filter(
  (name) => existsSync(join(examples, name, 'tsconfig.json')) && !checkedElsewhere.includes(name),
)

let app: PackedApp
let printed: string[]

/** One compiler for all, each with its own tsconfig.json: it reads the types that they share once. */
beforeAll(async () => {
  app = await packApp(examples)
  await addExpressRoute(join(app.path, 'express'))
  const compiled = run('tsc', ['node_modules/typescript/bin/tsc', '--build', ...names], { cwd: app.path })
  const text = await compiled.catch(({ message }: Error) => message)
  printed = text.split('\n').filter((line) => line.trim() !== '')
}, 300_000)
afterAll(() => app?.remove())

test.each(names)('the example %s type-checks', (name) => {
  expect(printed.filter((line) => line.startsWith(`${name}/`))).toEqual([])
})

test('the compiler reports nothing else', () => expect(printed).toEqual([]))
