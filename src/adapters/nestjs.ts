import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ClerkSync } from '../create-clerk-sync'
import { answer } from './_node'

/** Token with which an app injects its `ClerkSync`. */
export const ClerkSyncService = class ClerkSyncService {} as new () => ClerkSync
/** Type of the injected `ClerkSync`. */
export type ClerkSyncService<User = unknown, Org = unknown, Membership = unknown> = ClerkSync<User, Org, Membership>

/** Options of `forRootAsync`: a factory as of any provider of NestJS, and the path of the route. */
export interface ClerkSyncModuleOptions<Args extends unknown[], Import, Token> {
  imports?: Import[]
  inject?: Token[]
  useFactory: (...args: Args) => ClerkSync | Promise<ClerkSync>
  /** Without the global prefix of the app. @default '/api/webhooks/clerk' */
  path?: string
}

type Middleware = (request: IncomingMessage, response: ServerResponse) => Promise<void>

/** The part of a `MiddlewareConsumer` that the module uses. */
interface Consumer {
  apply(middleware: Middleware): { forRoutes(path: string): unknown }
}

const pathToken = 'clerk-mongo-sync: path of the route'

/**
 * Serves the route and lets every module inject `ClerkSyncService`, on the Express and the Fastify platform. On Express,
 * create the app with `rawBody: true`.
 *
 * @example
 * @Module({ imports: [ClerkSyncModule.forRoot(clerkSync)] })
 * export class AppModule {}
 *
 * const app = await NestFactory.create(AppModule, { rawBody: true })
 */
export class ClerkSyncModule {
  constructor(
    private readonly clerkSync: ClerkSync,
    private readonly path: string,
  ) {}

  /** Registers the module with a `ClerkSync` that exists. The path is without the global prefix of the app. */
  static forRoot(clerkSync: ClerkSync, path?: string) {
    return ClerkSyncModule.forRootAsync({ useFactory: () => clerkSync, ...(path && { path }) })
  }

  /** Registers the module with a `ClerkSync` that is made of injected parts, such as a model of `MongooseModule`. */
  static forRootAsync<Args extends unknown[], Import = never, Token = never>(
    options: ClerkSyncModuleOptions<Args, Import, Token>,
  ) {
    const { imports = [], inject = [], useFactory, path = '/api/webhooks/clerk' } = options
    const service = { provide: ClerkSyncService, inject, useFactory }
    const providers = [service, { provide: pathToken, useValue: path }]
    // As TypeScript does for decorated classes. NestJS has loaded reflect-metadata by now.
    const { defineMetadata } = Reflect as unknown as { defineMetadata(key: string, value: unknown, on: object): void }
    defineMetadata('design:paramtypes', [ClerkSyncService, pathToken], ClerkSyncModule)
    return { module: ClerkSyncModule, global: true, imports, providers, exports: [ClerkSyncService] }
  }

  /** Called by NestJS. */
  configure(consumer: Consumer): void {
    const remedy =
      "Pass { rawBody: true } to NestFactory.create(), and replace app.use(express.json()) by app.useBodyParser('json')."
    consumer.apply((request, response) => answer(this.clerkSync, request, response, remedy)).forRoutes(this.path)
  }
}
