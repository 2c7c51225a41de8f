import { shopsAndMedia } from './models/shops-and-media'
import { runApps } from './run-apps'

runApps('apps_shops_and_media', shopsAndMedia)
