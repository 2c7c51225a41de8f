import { classFields } from './class-fields'
import { jsconfigAliases } from './jsconfig-aliases'

/**
 * Imports a file with all its imports, in any form: TypeScript or JSX, ES modules or CommonJS, imports without
 * extensions, `paths` of the nearest tsconfig.json or jsconfig.json, classes with decorators. Node itself loads
 * packages.
 */
export async function importConfig(file: string): Promise<Record<string, unknown>> {
  // Imported late: the compiler is large, and only commands that read the config need it.
  const [{ createJiti }, { loadCompiler }] = await Promise.all([import('jiti'), import('./compiler')])
  const alias = jsconfigAliases(file)
  const jiti = createJiti(file, {
    transform: loadCompiler(),
    fsCache: false,
    jsx: true,
    tsconfigPaths: alias === undefined,
    alias: alias ?? {},
    transformOptions: { babel: { plugins: [classFields] } },
    // Next.js resolves these itself; in Node, `server-only` throws or is missing.
    virtualModules: { 'server-only': {}, 'client-only': {} },
  })
  return jiti.import<Record<string, unknown>>(file)
}
