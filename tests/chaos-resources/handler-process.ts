import { serveHandlers } from '../chaos/serve-handlers'
import { tenantsApp } from './subject'

await serveHandlers(tenantsApp)
