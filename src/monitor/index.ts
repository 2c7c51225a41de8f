export { type GetHandler, type HealthOptions, type Pingable, toHealthHandler } from './health'
export { type Measured, type MetricsOptions, toMetricsHandler } from './metrics'
