import { nitroPathOf } from './route-paths'
import type { SourceFile } from './source-files'

/** Frameworks other than Next.js with a file for each route. */
export const fileRouted = [
  ...(['nitro', 'sveltekit', 'astro', 'react-router', 'tanstack-start', 'solid-start', 'azure-functions'] as const),
] as const
/** One of these frameworks. */
export type FileRouted = (typeof fileRouted)[number]

/** Whether a framework has a file for each route, in a place that `init` knows. */
export const isFileRouted = (framework: string): framework is FileRouted =>
  (fileRouted as readonly string[]).includes(framework)

/** The URL path of the route in a file; `undefined` if the file shows none. */
export function filePathOf(
  framework: FileRouted,
  file: SourceFile,
  sources: readonly SourceFile[],
): string | undefined {
  return readers[framework](file, sources)
}

const readers: Record<FileRouted, (file: SourceFile, sources: readonly SourceFile[]) => string | undefined> = {
  nitro: ({ path }) => nitroPathOf(path),
  sveltekit: ({ path }) => below(/^src\/routes\/(.+)\/\+server\.[jt]s$/, path),
  astro: ({ path }) => below(/^src\/pages\/(.+)\.[jt]s$/, path),
  'solid-start': ({ path }) => below(/^src\/routes\/(.+)\.[jt]sx?$/, path),
  'tanstack-start': ({ code }) => /\bcreateFileRoute\(\s*(['"`])(\/[^'"`]*)\1/.exec(code)?.[2],
  'react-router': reactRouterPathOf,
  'azure-functions': ({ code }) => {
    const [, , route] = /\broute\s*:\s*(['"`])\/?([^'"`]+)\1/.exec(code) ?? []
    return route === undefined ? undefined : `/api/${route}`
  },
}

/** Folders in brackets and the name `index` are no part of a path. */
function below(pattern: RegExp, path: string): string | undefined {
  const [, rest] = pattern.exec(path) ?? []
  return (
    rest &&
    `/${rest
      .split('/')
      .filter((one) => !/^(\(.*\)|index)$/.test(one))
      .join('/')}`
  )
}

/** As `app/routes.ts` names it; with routes by file names, each dot is a slash. */
function reactRouterPathOf({ path }: SourceFile, sources: readonly SourceFile[]): string | undefined {
  const [, name] = /^app\/(routes\/.+\.[jt]sx?)$/.exec(path) ?? []
  if (name === undefined) return undefined
  for (const [, , route, , file] of listedIn(sources)) if (file?.replace('./', '') === name) return `/${route}`
  return usesFileNames(sources) ? `/${name.replace(/^routes\/|\.[jt]sx?$/g, '').replaceAll('.', '/')}` : undefined
}

const routesOf = (sources: readonly SourceFile[]) => sources.find(({ path }) => /^app\/routes\.[jt]s$/.test(path))

const listedIn = (sources: readonly SourceFile[]) =>
  routesOf(sources)?.code.matchAll(/\broute\(\s*(['"`])\/?([^'"`]*)\1\s*,\s*(['"`])([^'"`]*)\3/g) ?? []

/** Whether React Router takes its routes from the names of files. */
export const usesFileNames = (sources: readonly SourceFile[]): boolean =>
  /\bflatRoutes\(/.test(routesOf(sources)?.code ?? '')
