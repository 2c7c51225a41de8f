export { type Dashboard, type DashboardOptions, type DashboardSync, toDashboardHandler } from './dashboard'
