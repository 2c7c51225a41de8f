import { classFields } from './class-fields'
import { jsconfigAliases } from './jsconfig-aliases'

/**
 * The module in a file and all it imports, whatever it is written in: TypeScript or JSX, ES modules or CommonJS, imports
 * without extensions, `paths` of the nearest tsconfig.json or jsconfig.json, classes with decorators. Packages are loaded by
 * Node itself.
 */
export async function importConfig(file: string): Promise<Record<string, unknown>> {
  // Here, not above: the compiler in it is large, and only needed by commands that read the config.
  const [{ createJiti }, { loadCompiler }] = await Promise.all([import('jiti'), import('./compiler')])
  const alias = jsconfigAliases(file)
  const jiti = createJiti(file, {
    transform: loadCompiler(),
    fsCache: false,
    jsx: true,
    tsconfigPaths: alias === undefined,
    alias: alias ?? {},
    transformOptions: { babel: { plugins: [classFields] } },
    // Next.js resolves these by itself; in Node `server-only` would throw, or not be there.
    virtualModules: { 'server-only': {}, 'client-only': {} },
  })
  return jiti.import<Record<string, unknown>>(file)
}
