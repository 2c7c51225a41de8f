import type { FileRouted } from '../project/file-routes'
import { type Exported, importLine } from '../project/statements'
import { binding, nitroRouteTemplate } from './templates'

/** The file of a route, in a framework with a file for each. */
interface RouteFile {
  /** Without its extension. */
  path: string
  template(sync: Exported & { path: string }): string
}

const written =
  (adapter: string, framework: string, lines: (call: string) => string[], more: [string, string][] = []) =>
  (sync: Exported & { path: string }): string => {
    const imports = [...more, [`{ ${adapter} }`, `clerk-mongo-sync/${framework}`], [binding(sync), sync.path]]
    const head = imports.map(([names = '', from = '']) => importLine('esm', names, from))
    return `${[...head, '', ...lines(`${adapter}(${sync.name})`)].join('\n')}\n`
  }

/** What `init` writes for each of these frameworks. */
export const routeFiles: Record<FileRouted, RouteFile> = {
  nitro: { path: 'routes/api/webhooks/clerk', template: nitroRouteTemplate },
  sveltekit: {
    path: 'src/routes/api/webhooks/clerk/+server',
    template: written('toSvelteKitHandler', 'sveltekit', (call) => [`export const POST = ${call}`]),
  },
  astro: {
    path: 'src/pages/api/webhooks/clerk',
    template: written('toAstroRoute', 'astro', (call) => [
      'export const prerender = false',
      `export const ALL = ${call}`,
    ]),
  },
  'react-router': {
    path: 'app/routes/api.webhooks.clerk',
    template: written('toReactRouterAction', 'react-router', (call) => [
      `export const action = ${call}`,
      'export const loader = action',
    ]),
  },
  'tanstack-start': {
    path: 'src/routes/api/webhooks/clerk',
    template: written(
      'toTanStackHandler',
      'tanstack-start',
      (call) => [
        "export const Route = createFileRoute('/api/webhooks/clerk')({",
        `  server: { handlers: { ANY: ${call} } },`,
        '})',
      ],
      [['{ createFileRoute }', '@tanstack/react-router']],
    ),
  },
  'solid-start': {
    path: 'src/routes/api/webhooks/clerk',
    template: written('toSolidStartHandler', 'solid-start', (call) => [`export const POST = ${call}`]),
  },
  'azure-functions': {
    path: 'src/functions/clerk',
    template: written(
      'toAzureHandler',
      'azure-functions',
      (call) => [
        "app.http('clerk', {",
        "  route: 'webhooks/clerk',",
        "  methods: ['POST'],",
        "  authLevel: 'anonymous',",
        `  handler: ${call},`,
        '})',
      ],
      [['{ app }', '@azure/functions']],
    ),
  },
}
