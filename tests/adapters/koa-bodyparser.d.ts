/** What is used of koa-bodyparser; it has no types of its own. */
declare module 'koa-bodyparser' {
  import type { Middleware } from 'koa'

  export default function bodyParser(options: { onProtoPoisoning: 'ignore' }): Middleware
}
