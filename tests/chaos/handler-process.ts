import { serveHandlers } from './serve-handlers'
import { usersApp } from './subject'

await serveHandlers(usersApp)
